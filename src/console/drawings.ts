// The mark: a ray that meets a prism and leaves it as several.
import { html, type Html } from './html.ts';

/** The class that gives an element the colour of a ray: there are five. */
export function rayClass(index: number): string {
  return `ray-${(index % 5) + 1}`;
}

/** The mark in the head of a page, beside the name. */
export const mark: Html = html`<svg class="mark" viewBox="0 0 32 24" aria-hidden="true" focusable="false">
  <path d="M1 15 11 11.5" />
  ${[0, 1, 2, 3, 4].map((index) => html`<path class="${rayClass(index)}" d="M20 11 31 ${6 + index * 3}" />`)}
  <path class="prism" d="M15.5 2 26 21H5Z" />
</svg>`;

/** The start page's drawing: one ray in, one out for each contract. */
export function refraction(count: number): Html {
  const spread = 132;
  const endOf = (index: number): number => (count === 1 ? 100 : 100 - spread / 2 + (spread * index) / (count - 1));
  return html`<svg class="refraction" viewBox="0 0 420 200" aria-hidden="true" focusable="false">
    <path d="M0 138 127 98" />
    ${Array.from(
      { length: count },
      (_ray, index) => html`<path class="${rayClass(index)}" d="M127 98 168 ${94 + index * 2} 420 ${endOf(index)}" />`,
    )}
    <path class="prism" d="M148 40 204 142H92Z" />
  </svg>`;
}

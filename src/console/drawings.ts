// The mark: a ray that meets a prism and leaves it as several. One drawing for the icon, one for the pages.
import { html, type Html } from './html.ts';

/** The colours of the leaving rays, top to bottom; the styles know them as --ray-1 to --ray-5. */
const rays = ['#d9483b', '#e0912b', '#3f9d5a', '#3583d3', '#7d57d1'] as const;

/** The favicon, legible on light and dark. */
export const icon: Html = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <g fill="none" stroke-width="2.4" stroke-linecap="round">
    <path d="M2 20 12.5 16.5" stroke="#8b93a3" />
    ${rays.map((colour, index) => html`<path d="M19.5 16 30 ${String(12 + index * 3.4)}" stroke="${colour}" />`)}
    <path d="M16 5 27 25H5Z" stroke="#5b63d3" stroke-linejoin="round" fill="#5b63d3" fill-opacity=".16" />
  </g>
</svg>`;

/** The mark in the head of a page, beside the name. */
export const mark: Html = html`<svg class="mark" viewBox="0 0 32 24" aria-hidden="true" focusable="false">
  <path class="mark-in" d="M1 15 11 11.5" />
  ${rays.map((_colour, index) => html`<path class="ray ray-${index + 1}" d="M20 11 31 ${String(6 + index * 3)}" />`)}
  <path class="mark-prism" d="M15.5 2 26 21H5Z" />
</svg>`;

/** The start page's drawing: one ray in, one out for each contract. */
export function refraction(count: number): Html {
  const spread = 132;
  const ends = Array.from({ length: count }, (_end, index) =>
    count === 1 ? 100 : 100 - spread / 2 + (spread * index) / (count - 1),
  );
  return html`<svg class="refraction" viewBox="0 0 420 200" aria-hidden="true" focusable="false">
    <path class="refraction-in" d="M0 138 127 98" />
    ${ends.map(
      (end, index) =>
        html`<path class="ray ray-${(index % 5) + 1}" d="M127 98 168 ${String(94 + index * 2)} 420 ${String(end)}" />`,
    )}
    <path class="refraction-prism" d="M148 40 204 142H92Z" />
  </svg>`;
}

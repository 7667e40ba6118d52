// Checks that a page is legible: width, language, headings, names of links, and contrast.
import type { Page } from 'playwright-core';

/** Returns the flaws of the page in its current state, one sentence each. */
export async function flaws(page: Page, root = 'body'): Promise<readonly string[]> {
  return page.evaluate(inPage, root);
}

/** Runs in the page, so it uses nothing outside of itself. */
function inPage(root: string): string[] {
  const found: string[] = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`the page is ${wide} px wide in a window of ${innerWidth} px`);
  if (document.documentElement.lang !== 'en') found.push('the page has no language');
  if (document.title === '') found.push('the page has no title');

  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const own = Number(heading.tagName.slice(1));
    if (own > level + 1) found.push(`${heading.tagName} ${heading.textContent} skips a level`);
    level = own;
  }

  const checked = document.querySelector(root) ?? document.body;
  for (const link of checked.querySelectorAll('a, header button, .session button, .copy')) {
    if ((link.getAttribute('aria-label') ?? link.textContent).trim() === '')
      found.push(`${link.outerHTML} has no name`);
  }

  for (const element of checked.querySelectorAll<HTMLElement>('*')) {
    const isText = [...element.childNodes].some(({ nodeType, nodeValue }) => nodeType === 3 && nodeValue?.trim());
    if (!isText || !element.checkVisibility({ visibilityProperty: true }) || element.closest('.unseen, .skip, svg')) {
      continue;
    }
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const contrast = contrastOf(over(parse(style.color), ground), ground);
    if (contrast < 4.5) {
      found.push(`“${element.textContent.trim().slice(0, 40)}” has a contrast of ${contrast.toFixed(2)}`);
    }
  }
  return found;

  type Colour = readonly [red: number, green: number, blue: number, opacity: number];

  function parse(colour: string): Colour {
    const [red = 0, green = 0, blue = 0, opacity = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, opacity];
  }

  function groundOf(element: Element): Colour {
    const own = parse(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own;
    return over(own, element.parentElement === null ? [255, 255, 255, 1] : groundOf(element.parentElement));
  }

  function over(upper: Colour, lower: Colour): Colour {
    const mixed = (index: 0 | 1 | 2): number => upper[index] * upper[3] + lower[index] * (1 - upper[3]);
    return [mixed(0), mixed(1), mixed(2), 1];
  }

  /** WCAG 2.2, relative luminance and contrast ratio. */
  function contrastOf(one: Colour, other: Colour): number {
    const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  }

  function luminance([red, green, blue]: Colour): number {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
}

/** Contrast of text on its background (WCAG 2.2, "relative luminance" and "contrast ratio"). */
import type { Page } from 'playwright-core';

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = (color.match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).map((channel) => {
    const share = Number(channel) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param one `rgb(1, 2, 3)`, as the browser writes computed colours @returns between 1 and 21 */
export function contrastBetween(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** @returns between 1 and 21; the label of a status bar item, found by its id, against the bar */
export async function contrastOf(page: Page, id: string): Promise<number> {
  // A string, because the page's own types are no part of this project's.
  const [bar, label] = await page.evaluate<[string, string]>(`(() => {
    const item = document.getElementById(${JSON.stringify(id)});
    return [
      getComputedStyle(item.closest('.statusbar')).backgroundColor,
      getComputedStyle(item.querySelector('a')).color,
    ];
  })()`);
  return contrastBetween(bar, label);
}

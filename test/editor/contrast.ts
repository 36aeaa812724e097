/** Contrast of text on its background (WCAG 2.2, "relative luminance" and "contrast ratio"). */
import type { Locator } from 'playwright-core';

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = (color.match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).map((channel) => {
    const share = Number(channel) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @returns between 1 and 21; the label of a status bar item against the bar */
export async function contrastOf(statusItem: Locator): Promise<number> {
  // A string, because the page's own types are no part of this project's.
  const colors = await statusItem.evaluate<[string, string], undefined>(
    `(element) => [
      getComputedStyle(element.closest('.statusbar')).backgroundColor,
      getComputedStyle(element.querySelector('a')).color,
    ]`,
  );
  const [a, b] = [luminance(colors[0]), luminance(colors[1])];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

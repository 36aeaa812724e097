/** What stands in the editor, read from the page. The documents must be short enough to be drawn as a whole. */
import type { Page } from 'playwright-core';

export interface EditorText {
  /** The document: lines end in \n. */
  readonly text: string;
  /** The document as it would be if what is suggested were accepted; the same where nothing is. */
  readonly shown: string;
}

/** Lines of the document, and lines that a suggestion of several lines puts below. */
const lines = '.editor-instance .lines-content > .view-lines > .view-line';
const suggested = '.editor-instance .suggest-preview-text .view-line';

/** Of a suggestion, which is no text; and what a suggestion covers, to repeat it further down. */
const ghost = '.ghost-text-decoration, .ghost-text, .inline-completion-text-to-replace';
const covered = '.ghost-text-hidden';

// A string, because the page's own types are no part of this project's. The editor draws spaces as no-break spaces.
const read = `(() => {
  const top = (element) => element.getBoundingClientRect().top;
  const textOf = (lines, left) =>
    lines
      .toSorted((a, b) => top(a) - top(b))
      .map((line) => {
        const copy = line.cloneNode(true);
        for (const part of copy.querySelectorAll(left)) part.remove();
        return copy.textContent.replace(/\\u00a0/g, ' ').replace(/\\u200b/g, '');
      })
      .join('\\n');
  const own = [...document.querySelectorAll('${lines}')];
  const below = [...document.querySelectorAll('${suggested}')];
  return { text: textOf(own, '${ghost}'), shown: textOf([...own, ...below], '${covered}') };
})()`;

export async function readEditor(page: Page): Promise<EditorText> {
  return await page.evaluate<EditorText>(read);
}

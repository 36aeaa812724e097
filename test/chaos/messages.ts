/** Every message that came up, whether or not it stands there still: Escape, which dismisses ghost text, hides them. */
import type { Page } from 'playwright-core';

// A string, because the page's own types are no part of this project's.
const watch = `(() => {
  if (window.shownMessages !== undefined) return;
  window.shownMessages = [];
  const known = new WeakSet();
  const look = () => {
    for (const toast of document.querySelectorAll('.notification-toast-container')) {
      const text = toast.querySelector('.notification-list-item-message')?.textContent ?? '';
      if (text === '' || known.has(toast)) continue;
      known.add(toast);
      window.shownMessages.push(text);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})()`;

/** From now on, in this window and in what it loads again. */
export async function watchMessages(page: Page): Promise<void> {
  await page.addInitScript(watch);
  await page.evaluate(watch);
}

/** Since the window was loaded, oldest first. */
export async function messagesIn(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>('window.shownMessages');
}

/** Takes the README's picture: the packaged extension, in the real editor, with the embedded model. */
import { join } from 'node:path';
import { root } from '../../scripts/node24.mjs';
import { fixture } from './fixture.ts';
import { Workbench } from './workbench.ts';

const workbench = await Workbench.open({
  files: { 'rectangle.ts': fixture('rectangle.ts') },
  scale: 2,
  settings: {
    'workbench.colorTheme': 'Default Dark Modern',
    'workbench.activityBar.location': 'hidden',
    'editor.fontSize': 16,
  },
});
try {
  const { page } = workbench;
  await workbench.openFile('rectangle.ts', 'this.width = width;');
  await page.setViewportSize({ width: 960, height: 500 });
  await page.keyboard.press('Control+B'); // hides the side bar
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await workbench.type('this.');
  console.log(await workbench.waitForGhostText());
  // Of others' doing, and over in a moment.
  await page.locator('.statusbar-item', { hasText: /Analyzing|Initializing/ }).waitFor({ state: 'detached' });
  await page.screenshot({ path: join(root, 'media', 'screenshot.png'), animations: 'disabled' });
} finally {
  await workbench.close();
}

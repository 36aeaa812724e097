/** Pictures of the same moment in a light and a dark theme, for a person to look at. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { contrastOf } from './contrast.ts';
import { fixture } from './fixture.ts';
import { statusItemId, Workbench, type Theme } from './workbench.ts';

const themes: Record<string, Theme> = { light: 'Default Light Modern', dark: 'Default Dark Modern' };

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: { 'queue.ts': fixture('queue.ts') },
    scale: 2,
    settings: { 'editor.fontSize': 15, 'hotset.model.mode': 'predicted' },
  });
});

after(async () => {
  await workbench.close();
});

for (const [name, theme] of Object.entries(themes)) {
  test(`the status item is readable in the ${name} theme`, async () => {
    await workbench.changeTheme(theme);
    await workbench.openFile('queue.ts', 'this.items.length = 0;');
    await workbench.type('\n');
    await workbench.type('this.waiting.');
    await workbench.waitForGhostText();
    await workbench.screenshot(`theme-${name}`);
    await workbench.closeUp(`theme-${name}-status`, workbench.statusItem);
    const ghost = workbench.page.locator('.editor-instance .ghost-text-decoration').first();
    await workbench.closeUp(`theme-${name}-ghost`, ghost, 120);
    await workbench.statusItem.hover();
    const tooltip = workbench.page.locator('.monaco-hover', { hasText: /Activity .* Recall/ }).first();
    await tooltip.waitFor();
    await workbench.closeUp(`theme-${name}-tooltip`, tooltip);
    const contrast = await contrastOf(workbench.page, statusItemId);
    // WCAG 2.2, success criterion 1.4.3.
    assert.ok(contrast >= 4.5, `contrast ${contrast.toFixed(1)}`);
    await workbench.revert();
  });
}

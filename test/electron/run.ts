/**
 * Runs the suite in a VS Code: the one named by VSCODE_EXECUTABLE_PATH, a downloaded one of VSCODE_VERSION ("stable",
 * "1.100.0"), or, where neither is set, in the extension host of the editor tests' workbench.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { root } from '../../scripts/node24.mjs';
import { openBrowser } from '../editor/browser.ts';
import { Server } from '../editor/server.ts';
import { until } from '../editor/until.ts';

const compiled = join(root, 'build', 'electron');
const suite = join(compiled, 'index.cjs');

interface MochaReport {
  stats: { passes: number; failures: number; pending: number };
  tests: { fullTitle: string; err: { message?: string } }[];
}

async function bundleSuite(): Promise<void> {
  await build({
    entryPoints: ['index.ts', 'suite.ts'].map((name) => join(root, 'test', 'electron', name)),
    outdir: compiled,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
  });
}

async function runInVsCode(): Promise<void> {
  const executable = process.env['VSCODE_EXECUTABLE_PATH'];
  const version = process.env['VSCODE_VERSION'];
  // Inherited from a VS Code terminal, this would turn the editor into a plain Node.
  delete process.env['ELECTRON_RUN_AS_NODE'];
  await runTests({
    ...(executable === undefined ? {} : { vscodeExecutablePath: executable }),
    ...(version === undefined ? {} : { version }),
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    launchArgs: ['--disable-extensions'],
  });
}

/** @returns the exit code that VS Code's test runner reports */
async function runInWorkbench(): Promise<number> {
  // Built workbenches heed the test runner's part of the payload only with this option.
  const serverArguments = ['--vscode-option', 'enable-smoke-test-driver'];
  const server = await Server.start({ files: { 'main.ts': '' }, serverArguments });
  const results = join(server.folder, 'results.json');
  const browser = await openBrowser(join(server.folder, 'chromium'));
  try {
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    let code: number | undefined;
    await page.exposeFunction('codeAutomationExit', (value: number) => {
      code = value;
    });
    const remote = `vscode-remote://127.0.0.1:${String(server.port)}`;
    const payload = JSON.stringify([
      ['extensionDevelopmentPath', `${remote}${root}`],
      ['extensionTestsPath', `${remote}${suite}`],
      ['extensionEnvironment', JSON.stringify({ HOTSET_TEST_RESULTS: results })],
    ]);
    const query = new URLSearchParams({ folder: server.workspace, payload });
    await page.goto(`${server.url}?${query.toString()}`, { waitUntil: 'domcontentloaded' });
    await until('the suite ends', () => code !== undefined, 180_000);
    report(JSON.parse(readFileSync(results, 'utf8')) as MochaReport);
    return code ?? 1;
  } finally {
    await browser.context.close();
    await server.stop();
  }
}

function report({ stats, tests }: MochaReport): void {
  for (const { fullTitle, err } of tests) {
    console.log(err.message === undefined ? `  ✔ ${fullTitle}` : `  ✖ ${fullTitle}: ${err.message}`);
  }
  console.log(`  ${String(stats.passes)} passing\n  ${String(stats.failures)} failing`);
  if (stats.pending > 0) console.log(`  ${String(stats.pending)} pending`);
}

await bundleSuite();
if (process.env['VSCODE_EXECUTABLE_PATH'] !== undefined || process.env['VSCODE_VERSION'] !== undefined) {
  await runInVsCode();
} else {
  process.exitCode = await runInWorkbench();
}

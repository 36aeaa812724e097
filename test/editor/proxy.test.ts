/** Downloads in a company: by HTTPS only, through a proxy that is HTTPS itself, vouched for by an authority of its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { realModel } from '../models/real-model.ts';
import { ModelServer } from '../unit/models/model-server.ts';
import { type Authority, authorityIn } from './authority.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');
const name = 'Qwen2.5-Coder 0.5B Instruct';
const file = 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf';
let folder: string;
let authority: Authority;
let company: ModelServer;
let workbench: Workbench;
let isOpen = false;

before(async () => {
  if (!('path' in wanted)) return;
  folder = mkdtempSync(join(tmpdir(), 'hotset-proxy-'));
  authority = authorityIn(folder, ['IP:127.0.0.1', 'DNS:models.example.com']);
  company = await ModelServer.start(readFileSync(wanted.path), authority.server);
  company.pieceBytes = 1 << 20;
});

after(async () => {
  if (wanted.missing) return;
  await company.stop();
  rmSync(folder, { recursive: true });
});

afterEach(async (context) => {
  if (!isOpen) return;
  isOpen = false;
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

/** Whoever else it asks for the name models.example.com, nobody knows it: the proxy alone leads there. */
async function choose(environment: Record<string, string>): Promise<void> {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    settings: { 'http.proxy': company.address, 'http.systemCertificatesNode': true },
    machineSettings: { 'hotset.models.mirror': 'https://models.example.com' },
    environment: () => environment,
  });
  isOpen = true;
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.command(paletteTitle('hotset.chooseModel'));
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).click();
}

function downloaded(): string[] {
  const models = join(workbench.server.folder, '.cache', 'hotset', 'models');
  return existsSync(models) ? readdirSync(models) : [];
}

test(
  'a model comes by HTTPS through an HTTPS proxy, both of an authority that the machine trusts',
  { skip: wanted.missing },
  async () => {
    await choose({ SSL_CERT_FILE: authority.path });
    await until(
      'something arrives',
      async () => /[1-9]\d* of 491 MB/.test((await workbench.notifications()).join()),
      120_000,
    );
    assert.ok(company.tunnels.includes('models.example.com:443'), company.tunnels.join());
  },
);

test(
  'where the machine does not trust it nothing comes, and it is said why',
  { skip: wanted.missing },
  async () => {
    await choose({});
    const said = await until(
      'a message',
      async () => (await workbench.notifications()).find((message) => message.includes("can't be reached")),
      120_000,
    );
    assert.match(said, /of an authority that is not trusted here/);
    await workbench.screenshot('models-untrusted-proxy');
    assert.ok(!downloaded().includes(file));
  },
);

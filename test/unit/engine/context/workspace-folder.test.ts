/** Which files of a workspace a model may be told of. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { looksSecret } from '../../../../extension/protocol/secret-names.ts';
import { filesBelow } from '../../../../extension/engine/context/workspace-folder.ts';

const base = mkdtempSync(join(tmpdir(), 'hotset-folder-'));
const folder = join(base, 'workspace');
after(() => {
  rmSync(base, { recursive: true });
});

function write(path: string, content: string | Buffer = 'export const x = 1;\n'): void {
  const file = join(base, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

test('source text of the folder, with line feeds alone', () => {
  write('workspace/src/a.ts', 'one\r\ntwo\r\n');
  assert.equal(filesBelow(folder)('src/a.ts'), 'one\ntwo\n');
  assert.equal(filesBelow(folder)('src/none.ts'), null);
  assert.equal(filesBelow(folder)('src'), null);
});

test('neither what ignore files leave out, at any depth, nor other people’s packages', () => {
  write('workspace/.gitignore', 'build/\n*.gen.ts\n');
  write('workspace/src/.ignore', 'local.ts\n');
  for (const path of ['build/deep/a.ts', 'src/a.gen.ts', 'src/local.ts', 'node_modules/p/a.ts']) {
    write(`workspace/${path}`);
    assert.equal(filesBelow(folder)(path), null, path);
  }
});

test('nothing that looks secret, is no text, or lies outside', () => {
  write('outside.ts');
  write('workspace/src/secrets.ts');
  write('workspace/src/binary.ts', Buffer.from([0x61, 0, 0x62]));
  symlinkSync(join(base, 'outside.ts'), join(folder, 'src/link.ts'));
  for (const path of ['src/secrets.ts', 'src/binary.ts', 'src/link.ts', '../outside.ts']) {
    assert.equal(filesBelow(folder)(path), null, path);
  }
});

test('unsaved text stands in for what lies on the disk, and the same rules hold for it', () => {
  write('workspace/.gitignore', 'build/\n*.gen.ts\n');
  const paths = ['src/open.ts', 'src/open.gen.ts', 'src/secrets.ts', 'src/emptied.ts', 'src/minified.ts'];
  for (const path of paths) write(`workspace/${path}`, 'saved\n');
  write('outside.ts', 'saved\n');
  const unsaved = new Map(
    [...paths, 'src/never-saved.ts', '../outside.ts'].map((path) => [path, 'typed\r\n']),
  );
  unsaved.set('src/emptied.ts', '');
  unsaved.set('src/minified.ts', 'x;'.repeat(2_000));
  const read = filesBelow(folder, unsaved);
  assert.equal(read('src/open.ts'), 'typed\n');
  for (const path of [...unsaved.keys()].slice(1)) assert.equal(read(path), null, path);
  assert.equal(filesBelow(folder)('src/open.ts'), 'saved\n');
});

test('what looks secret', () => {
  const secret = [
    ...[
      '.env',
      '.env.local',
      'prod.env',
      'deploy/server.pem',
      'id_rsa',
      'id_ed25519.pub',
      'tls.key',
      '.npmrc',
    ],
    ...[
      'credentials.json',
      'aws-credentials.py',
      'config/secrets.yaml',
      'db_password.ts',
      'api_keys.py',
      'a.tfvars',
    ],
    ...['.ssh/config', 'home/.aws/config.py', 'KEYS/SERVER.PEM'],
  ];
  for (const path of secret) assert.ok(looksSecret(path), path);
  const harmless = [
    'src/environment.ts',
    'keys.ts',
    'src/token-counter.ts',
    'secretary.py',
    'passwordless.ts',
    'key.ts',
  ];
  for (const path of harmless) assert.ok(!looksSecret(path), path);
});

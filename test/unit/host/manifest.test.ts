/** The manifest and the code name the same settings and commands. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

interface Manifest {
  contributes: {
    commands: { command: string }[];
    configuration: {
      properties: Record<
        string,
        { default?: unknown; scope?: string; description?: string; markdownDescription?: string }
      >;
    };
  };
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
}

const root = join(import.meta.dirname, '..', '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const { properties } = manifest.contributes.configuration;

function namesIn(file: string, pattern: RegExp): string[] {
  const text = readFileSync(join(root, 'extension', 'host', file), 'utf8');
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))].toSorted();
}

test('every setting is read, and every setting that is read has a default and a description', () => {
  const read = namesIn('settings.ts', /#get\('([\w.]+)'\)/g).map((name) => `hotset.${name}`);
  assert.deepEqual(Object.keys(properties).toSorted(), read);
  for (const [name, property] of Object.entries(properties)) {
    assert.notEqual(property.default, undefined, name);
    assert.ok((property.description ?? property.markdownDescription ?? '').length > 20, name);
  }
});

test('every command of the manifest is in the table, and the other way round', () => {
  const contributed = manifest.contributes.commands.map(({ command }) => command).toSorted();
  assert.deepEqual(contributed, namesIn('commands.ts', /^ {2}'(hotset\.\w+)':/gm));
});

/** What a setting is about that strangers must have no say in: files, servers, processes, memory. */
const aboutTheMachine = /path|mirror|server|url|engine|threads|budget|contextLength/i;

test('a workspace that is not trusted has no say in files, servers, processes or memory', () => {
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  const names = Object.keys(properties).filter((name) => aboutTheMachine.test(name));
  assert.ok(names.includes('hotset.model.path') && names.includes('hotset.engine.threads'));
  for (const name of names) {
    const isTheUsers = properties[name]?.scope === 'machine';
    assert.ok(isTheUsers || restrictedConfigurations.includes(name), name);
  }
});

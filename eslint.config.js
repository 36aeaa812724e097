import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/**
 * The rooms, and who may import whom: host → scheduling → protocol ← engine; cli → serve → engine; all of these → models;
 * nothing imports host.
 */
const rooms = ['protocol', 'models', 'scheduling', 'map', 'host', 'engine', 'serve', 'cli'];
const mayImport = {
  protocol: ['protocol'],
  models: ['models'],
  scheduling: ['scheduling', 'protocol'],
  map: ['map', 'protocol'],
  host: ['host', 'map', 'scheduling', 'models', 'protocol'],
  engine: ['engine', 'scheduling', 'models', 'protocol'],
  serve: ['serve', 'engine', 'protocol'],
  cli: ['cli', 'serve', 'engine', 'scheduling', 'models', 'protocol'],
};

const nodeGlobals = [
  'process',
  'console',
  'Buffer',
  'URL',
  'setTimeout',
  'clearTimeout',
  'performance',
  'fetch',
];

export default tseslint.config(
  {
    ignores: [
      'build/',
      'dist/',
      '.vscode-test/',
      'test/editor/rig/',
      'test/editor/artifacts/',
      'test/fixtures/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A leading underscore names what is taken out of an object to be left behind.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // Numbers read well in messages without String().
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      eqeqeq: 'error',
    },
  },
  {
    // `test` and `suite` of node:test return promises that nobody has to wait for.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: testFunctions() }],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) },
  },
  {
    files: ['extension/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'boundaries/elements': rooms.map((room) => ({ type: room, pattern: `extension/${room}` })),
      'import/resolver': { node: { extensions: ['.ts'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: rooms.map((room) => ({
            from: { element: { type: room } },
            allow: { to: { element: { types: { anyOf: mayImport[room] } } } },
          })),
        },
      ],
      'boundaries/no-unknown-files': 'error',
    },
  },
  {
    files: ['extension/{protocol,models,scheduling,map,engine,serve,cli}/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'vscode', message: 'Only the host may import vscode.' }] },
      ],
    },
  },
);

function testFunctions() {
  const name = ['test', 'suite', 'describe', 'it', 'before', 'after', 'beforeEach', 'afterEach'];
  return [{ from: 'package', package: 'node:test', name }];
}

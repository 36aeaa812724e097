/**
 * An engine process that completes, attends and profiles, in a process of its own so that a tracer can watch both.
 *
 *     node engine-at-work.ts STORAGE CORPUS
 */
import { EngineClient, loadParams } from './engine-client.ts';

const [storage = '', corpus = ''] = process.argv.slice(2);
const engine = new EngineClient(storage);
await engine.load();
await engine.complete();
engine.attend({ prefix: 'def main():\n    ', suffix: '\n', document: 'one' });
await engine.complete({ document: 'one' });
await engine.profile({ path: loadParams.path, corpus: [corpus], tokens: 512, minutes: 1 });
await engine.shutdown();
console.log('done');

/**
 * The engine process with a trace: several times a second it tells in the log when its devices computed. Started as the
 * real one is, with a folder of its own; its model has to be loaded with a trace.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { Engine } from '../../extension/engine/engine.ts';
import { installationRoot } from '../../extension/engine/installation.ts';
import { loadAddon, type LogLevel } from '../../extension/engine/native.ts';
import { dieWithParent } from '../../extension/engine/parent-watch.ts';
import { serve } from '../../extension/engine/server.ts';
import { Log } from '../../extension/protocol/requests.ts';
import { lineOf } from './trace-lines.ts';

/** Often enough that a trace stays small. */
const traceEveryMs = 200;

dieWithParent();
const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
connection.listen();
const log = (level: LogLevel, message: string) => {
  void connection.sendNotification(Log, { level, message });
};
const root = installationRoot(import.meta.dirname);
const engine = new Engine({
  addon: loadAddon(root, log),
  root,
  log,
  storage: process.argv[2] ?? root,
});
serve(connection, engine, () => process.exit(0));

for (;;) {
  await sleep(traceEveryMs);
  const events = await engine.takeTrace().catch(() => []);
  if (events.length > 0) log('debug', lineOf(events));
}

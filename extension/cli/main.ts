/** `hotset`: the engine from a terminal. Exit code 2 with one line for bad input, 1 when the engine itself fails. */
import { asEngineError } from '../engine/errors.ts';
import { benchCommand, benchHelp } from './bench-command.ts';
import { cacheCommand, cacheHelp } from './cache-command.ts';
import { completeCommand, completeHelp } from './complete-command.ts';
import { evaluateCommand, evaluateHelp } from './evaluate-command.ts';
import { modelsCommand, modelsHelp } from './models-command.ts';
import { placeCommand, placeHelp } from './place-command.ts';
import { profileCommand, profileHelp } from './profile-command.ts';
import { serveCommand, serveHelp } from './serve-command.ts';
import { simulateCommand, simulateHelp } from './simulate-command.ts';
import { UsageError } from './usage-error.ts';

interface Command {
  readonly help: string;
  readonly run: (args: readonly string[]) => Promise<void> | void;
}

const commands: Readonly<Record<string, Command>> = {
  complete: { help: completeHelp, run: completeCommand },
  bench: { help: benchHelp, run: benchCommand },
  evaluate: { help: evaluateHelp, run: evaluateCommand },
  profile: { help: profileHelp, run: profileCommand },
  place: { help: placeHelp, run: placeCommand },
  cache: { help: cacheHelp, run: cacheCommand },
  models: { help: modelsHelp, run: modelsCommand },
  serve: { help: serveHelp, run: serveCommand },
  simulate: { help: simulateHelp, run: simulateCommand },
};

const overview = `hotset COMMAND [options]

  hotset complete FILE:LINE:COLUMN   the completion the editor would show there
  hotset bench                       the decoders' speed against each other
  hotset evaluate infilling          how good a model's completions are
  hotset evaluate humaneval FILE     how many programs a model gets right; also mbpp
  hotset evaluate typing FILES...    from keystroke to ghost text, against other policies
  hotset evaluate confidence FILES   makes how sure a model is what it says
  hotset evaluate drafts FILES...    what verifying several tokens at once saves
  hotset evaluate hotsets            whether hot neurons should follow what is written
  hotset profile MODEL CORPUS...     which neurons fire on a corpus, and how often
  hotset place [MODEL]               what of a model lies on the GPU under a memory budget
  hotset cache                       what is kept because it can be made again; --clear removes it
  hotset models list                 models worth having, and getting them
  hotset serve                       the engine for other editors, as llama.cpp's server
  hotset models advise               how fast each would be on this machine
  hotset simulate                    models on machines that one may not have

hotset COMMAND --help tells a command's options.`;

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(overview + '\n');
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`${name} is no command: see hotset --help`);
  if (rest.includes('--help') || rest.includes('-h')) process.stdout.write(command.help + '\n');
  else await command.run(rest);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return asEngineError(error).kind === 'internal' ? 1 : 2;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = error instanceof UsageError ? error.message : asEngineError(error).message;
  process.stderr.write(`hotset: ${message}\n`);
  process.exitCode = exitCodeOf(error);
});

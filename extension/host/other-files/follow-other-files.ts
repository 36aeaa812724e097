/** Keeps the engine told of what it can't read from the disk: unsaved documents, and files that only the editor finds. */
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import type { FoundFile, OtherFilesParams } from '../../protocol/requests.ts';
import { type Clock, systemClock, type Timer } from '../../scheduling/clock.ts';
import { type EligibilitySettings, mayComplete } from '../completion/eligibility.ts';
import type { PlaceSettings } from '../completion/document-place.ts';
import { readableFolder } from '../completion/workspace-path.ts';
import { findImported, importsOf } from './found-files.ts';
import { RecentDocuments } from './recent-documents.ts';
import { UnsavedDocuments } from './unsaved-documents.ts';

/** A document that is left again within this was only passed by. Shorter than what the engine's attention takes to come. */
const passingMs = 100;
/** Nobody types after so long. */
const idleMs = 1_000;
/** Language support that has not answered by then does more than look something up. */
const searchMs = 3_000;

/** More than anybody works at in a while. */
const mostDocuments = 32;

export interface Listener {
  tell(others: OtherFilesParams): void;
}

export interface FollowingTools {
  /** Whether the model, as far as it is known, has any use for other files. */
  readonly isUseful: () => boolean;
  /** Told of what language support fails at. */
  readonly log: (line: string) => void;
  readonly clock?: Clock;
}

export class OtherFilesFollower implements vscode.Disposable {
  readonly #listener: Listener;
  readonly #settings: EligibilitySettings & PlaceSettings;
  readonly #tools: FollowingTools;
  readonly #clock: Clock;
  readonly #unsaved = new UnsavedDocuments();
  readonly #recent = new RecentDocuments();
  readonly #listening: vscode.Disposable;
  #timer: Timer | null = null;
  #search = new AbortController();
  /** By document. What was found once is told at once when the person comes back. */
  readonly #found = new LRUCache<string, readonly FoundFile[]>({ max: mostDocuments });
  /** The document and its imports that nothing more is to be found for, until the person comes back to it. */
  #searched = '';
  #told = '';

  constructor(listener: Listener, settings: EligibilitySettings & PlaceSettings, tools: FollowingTools) {
    this.#listener = listener;
    this.#settings = settings;
    this.#tools = tools;
    this.#clock = tools.clock ?? systemClock;
    // Logs and the like change all the time.
    const later = ({ uri }: vscode.TextDocument) => {
      if (uri.scheme === 'file') this.#lookIn(idleMs);
    };
    this.#listening = vscode.Disposable.from(
      this.#unsaved,
      this.#recent,
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.#searched = '';
        this.look();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        later(document);
      }),
      vscode.workspace.onDidSaveTextDocument(later),
      vscode.workspace.onDidCloseTextDocument(later),
    );
    this.look();
  }

  /** Tells what is known of the active document soon, and what language support knows of it once nothing is typed. */
  look(): void {
    this.#lookIn(passingMs);
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#search.abort();
    this.#listening.dispose();
  }

  #lookIn(pauseMs: number): void {
    this.#timer?.cancel();
    this.#search.abort();
    this.#timer = this.#clock.after(pauseMs, () => {
      const document = this.#document();
      if (document === null) return;
      this.#tell(document);
      this.#timer = this.#clock.after(idleMs - pauseMs, () => void this.#searchFor(document));
    });
  }

  /** The one that the person is in, if completions may tell of its folder there. */
  #document(): vscode.TextDocument | null {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !this.#settings.readsImports || !mayComplete(document, this.#settings))
      return null;
    if (!this.#tools.isUseful()) return null;
    return readableFolder(document) === null ? null : document;
  }

  #tell(document: vscode.TextDocument): void {
    const folder = readableFolder(document);
    if (folder === null) return;
    const name = document.uri.toString();
    const found = [...(this.#found.get(name) ?? [])];
    const unsaved = this.#unsaved.beside(document);
    const others = { folder, document: name, unsaved, open: this.#recent.beside(document), found };
    const told = JSON.stringify(others);
    if (told === this.#told) return;
    this.#told = told;
    this.#listener.tell(others);
  }

  async #searchFor(document: vscode.TextDocument): Promise<void> {
    const name = document.uri.toString();
    const wanted = `${name}\n${importsOf(document)}`;
    if (wanted === this.#searched) return;

    const mine = (this.#search = new AbortController());
    const late = new AbortController();
    const timer = this.#clock.after(searchMs, () => {
      late.abort();
    });
    try {
      const files = await findImported(document, AbortSignal.any([mine.signal, late.signal]));
      if (mine.signal.aborted) return;
      // What is late may come another time, and what was found before counts until then.
      if (!late.signal.aborted) this.#searched = wanted;
      if (!late.signal.aborted || !this.#found.has(name)) this.#found.set(name, files);
      this.#tell(document);
    } catch (error) {
      this.#tools.log(`where the imports of ${name} lead to: ${String(error)}`);
    } finally {
      timer.cancel();
    }
  }
}

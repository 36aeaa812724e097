/** The picture on its canvas: a row for each layer, neurons from left to right. Draws when something has changed, once a frame. */
import type { ShownLayer } from './messages.ts';
import { type Palette, paletteOf } from './palette.ts';
import { Raster } from './raster.ts';
import type { RunningSums } from './running-sums.ts';
import { onThemeChange, themeOf } from './theme.ts';
import { afterKey, lookedAt, panned, type Size, type View, wholeView, zoomed } from './view.ts';

export interface PictureEvents {
  readonly onLook: (view: View) => void;
}

/** From one completion's neurons to the next one's. */
const changeMs = 450;
const [leastRow, mostRow] = [5, 34];
/** Pixels that all rows should fit into. */
const wantedHeight = 400;
/** One turn of a mouse wheel. */
const wheelStep = 500;

export class Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #events: PictureEvents;
  readonly #raster = new Raster();
  readonly #rows = document.createElement('canvas');
  #palette: Palette;
  #layers: readonly ShownLayer[] = [];
  #size: Size = { layers: 0, neurons: 0 };
  #view: View = wholeView(this.#size);
  #now: RunningSums | null = null;
  #before: RunningSums | null = null;
  #changedAt = -Infinity;
  #isAsked = false;

  constructor(canvas: HTMLCanvasElement, events: PictureEvents) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('the page cannot draw');
    this.#canvas = canvas;
    this.#context = context;
    this.#events = events;
    this.#palette = paletteOf(themeOf(document.body));
    onThemeChange(() => {
      this.#palette = paletteOf(themeOf(document.body));
      this.ask();
    });
    new ResizeObserver(() => {
      this.#resize();
    }).observe(canvas);
    this.#listen();
  }

  get view(): View {
    return this.#view;
  }

  showLayers(layers: readonly ShownLayer[], neurons: number): void {
    const isOther = layers.length !== this.#size.layers || neurons !== this.#size.neurons;
    this.#layers = layers;
    this.#size = { layers: layers.length, neurons };
    if (isOther) this.#view = wholeView(this.#size);
    this.#now = this.#before = null;
    this.#canvas.style.height = `${this.#rowHeight * layers.length}px`;
    this.#resize();
  }

  /** As many layers as before, with others hot. */
  showSplit(layers: readonly ShownLayer[]): void {
    this.#layers = layers;
    this.ask();
  }

  /** What is bright from now on; null: nothing. */
  showActivity(sums: RunningSums | null): void {
    this.#before = this.#now;
    this.#now = sums;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#changedAt = isStill ? -Infinity : performance.now();
    this.ask();
  }

  look(layer: number, neuron = this.#view.neuron): void {
    this.#go(lookedAt(this.#view, this.#size, layer, neuron));
  }

  /** Draws in the next frame, however often it is asked. */
  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame((time) => {
      this.#isAsked = false;
      const progress = Math.min(1, Math.max(0, (time - this.#changedAt) / changeMs));
      this.#draw(progress);
      if (progress < 1) this.ask();
    });
  }

  get #rowHeight(): number {
    return Math.min(mostRow, Math.max(leastRow, Math.floor(wantedHeight / Math.max(1, this.#layers.length))));
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = Math.max(1, Math.round(clientWidth * devicePixelRatio));
    this.#canvas.height = Math.max(1, Math.round(clientHeight * devicePixelRatio));
    this.ask();
  }

  #draw(progress: number): void {
    const { width, height } = this.#canvas;
    const layers = this.#layers.length;
    if (layers === 0) return;
    const scene = { layers: this.#layers, now: this.#now, before: this.#before, progress };
    const pixels = this.#raster.draw(scene, this.#view, width, this.#palette);
    if (this.#rows.width !== width || this.#rows.height !== layers) {
      this.#rows.width = width;
      this.#rows.height = layers;
    }
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), width, layers);
    this.#rows.getContext('2d')?.putImageData(image, 0, 0);
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(this.#rows, 0, 0, width, layers, 0, 0, width, height);
    this.#drawGaps(height / layers);
    this.#drawLook(height / layers);
  }

  /** Rows are told apart by a line of the background. */
  #drawGaps(row: number): void {
    const context = this.#context;
    context.fillStyle = getComputedStyle(this.#canvas).backgroundColor;
    for (let layer = 1; layer < this.#layers.length; layer++) {
      context.fillRect(0, Math.round(layer * row), this.#canvas.width, Math.max(1, Math.round(row / 10)));
    }
  }

  #drawLook(row: number): void {
    const { first, span, layer, neuron } = this.#view;
    const scale = this.#canvas.width / span;
    const left = (neuron - first) * scale;
    const wide = Math.max(4 * devicePixelRatio, scale);
    this.#context.strokeStyle = getComputedStyle(this.#canvas).color;
    this.#context.lineWidth = 2 * devicePixelRatio;
    this.#context.strokeRect(Math.min(left, this.#canvas.width - wide), layer * row, wide, row);
  }

  #go(view: View): void {
    this.#view = view;
    this.#events.onLook(view);
    this.ask();
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || this.#layers.length === 0) return;
      const view = afterKey(this.#view, this.#size, event.key);
      if (view === null) return;
      event.preventDefault();
      this.#go(view);
    });
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#lookAtPointer(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) this.#pan(-event.movementX);
      else if (event.buttons === 0) this.#lookAtPointer(event);
    });
    canvas.addEventListener(
      'wheel',
      (event) => {
        // Without a key the page scrolls.
        if (!event.ctrlKey && !event.shiftKey) return;
        event.preventDefault();
        const turned = event.deltaY === 0 ? event.deltaX : event.deltaY;
        if (event.shiftKey) this.#pan(turned);
        else
          this.#go(
            zoomed(this.#view, this.#size, 2 ** (turned / wheelStep), event.offsetX / canvas.clientWidth),
          );
      },
      { passive: false },
    );
  }

  #pan(pixels: number): void {
    this.#go(panned(this.#view, this.#size, (pixels / this.#canvas.clientWidth) * this.#view.span));
  }

  #lookAtPointer({ offsetX, offsetY }: PointerEvent): void {
    if (this.#layers.length === 0) return;
    const { first, span } = this.#view;
    const layer = Math.floor((offsetY / this.#canvas.clientHeight) * this.#layers.length);
    this.look(layer, first + (offsetX / this.#canvas.clientWidth) * span);
  }
}

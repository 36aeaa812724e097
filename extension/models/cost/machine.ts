/** What a machine does in a second, as far as models cost it: measured there, or published by its makers. */

export interface CostMachine {
  /** For people. */
  readonly name: string;
  readonly cores: number;
  /** Bytes that a model may take. */
  readonly memoryBytes: number;
  readonly products: readonly ProductRate[];
  readonly steps: readonly StepRate[];
  /** null: none that computes faster than the processor. */
  readonly gpu: CostGpu | null;
}

/** Of products with weights in main memory. */
export interface ProductRate {
  /** Such as `Q4_K`; `*` stands for those that no other entry names. */
  readonly type: string;
  readonly threads: number;
  /** Of weights as the file has them, by products with one token's column. */
  readonly bytesPerSecond: number;
  /** The same of a head, where the most probable token is chosen: of most rows a part is read. */
  readonly choiceBytesPerSecond: number;
  /** Multiply-adds, by products with the columns of a prompt's tokens. */
  readonly productsPerSecond: number;
}

/** Of all else in a step. */
export interface StepRate {
  readonly threads: number;
  /** Values of keys and values that one token's attention reads. */
  readonly keysPerSecond: number;
  /** Multiply-adds of one token's attention. */
  readonly tokenAttentionPerSecond: number;
  /** Of a query and a position of one token's attention, beside those. */
  readonly tokenScoreSeconds: number;
  /** Multiply-adds of a prompt's attention. */
  readonly attentionPerSecond: number;
  /** Of a query and a position of a prompt's attention, beside those. */
  readonly scoreSeconds: number;
  /** Of starting and ending a part of a layer. */
  readonly nodeSeconds: number;
  /** Of norming and rounding one value of a product's column, by one thread. */
  readonly valueSeconds: number;
  /** Of rotating one value of a query or a key, or storing one of a key or a value, which one thread does. */
  readonly rotationSeconds: number;
  /** Of one value that a product with the columns of a prompt writes. */
  readonly resultSeconds: number;
  /** That a byte of weights takes longer to read where they are mapped from a file. */
  readonly mappedByteSeconds: number;
  /** Of choosing a token, for each of the vocabulary's logits. */
  readonly logitSeconds: number;
}

export interface CostGpu {
  readonly name: string;
  /** That a model may take. */
  readonly memoryBytes: number;
  /** Of weights, by products with one token. */
  readonly bytesPerSecond: number;
  /** Multiply-adds, by products with the columns of a prompt's tokens; null: nobody measured them, reading alone bounds it. */
  readonly productsPerSecond: number | null;
  /** From the CPU's result to the GPU's next input, or back. */
  readonly syncSeconds: number;
}

/** A machine as so many threads see it. */
export interface Rates {
  readonly product: (type: string) => Omit<ProductRate, 'type' | 'threads'>;
  readonly step: Omit<StepRate, 'threads'>;
}

/** @throws RangeError where nothing was measured */
export function ratesOf(machine: CostMachine, threads: number): Rates {
  const step = nearest(machine.steps, threads);
  return {
    step,
    product: (type) => {
      const own = machine.products.filter((rate) => rate.type === type);
      return nearest(own.length > 0 ? own : standIns(machine, type), threads);
    },
  };
}

/** A type that was not measured goes by those that were: by the one that stands for all, or else by the slowest. */
function standIns({ products }: CostMachine, type: string): ProductRate[] {
  const general = products.filter((rate) => rate.type === '*');
  if (general.length > 0) return general;
  const slowest = products.toSorted((a, b) => a.bytesPerSecond - b.bytesPerSecond)[0];
  if (slowest === undefined) throw new RangeError(`no speed of products with ${type} is known`);
  return products.filter((rate) => rate.type === slowest.type);
}

/** Of the most threads that are not more, else of the fewest. */
function nearest<Rate extends { readonly threads: number }>(rates: readonly Rate[], threads: number): Rate {
  const sorted = rates.toSorted((a, b) => a.threads - b.threads);
  const found = sorted.findLast((rate) => rate.threads <= threads) ?? sorted[0];
  if (found === undefined) throw new RangeError('no speed of the processor is known');
  return found;
}

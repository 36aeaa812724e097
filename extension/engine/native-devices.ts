/** The devices that `hotset.node` sees: what lies on a GPU, and how fast each of them is. */

/** A device that ggml's GPU backends see. */
export interface NativeDevice {
  /** As ggml numbers it, for example `Vulkan0`. */
  name: string;
  description: string;
  /** `cpu`: a software renderer. */
  type: 'gpu' | 'integrated' | 'cpu';
  totalBytes: number;
  freeBytes: number;
}

/** What lies on the GPU; the rest lies in main memory. */
export interface NativePlacement {
  /** A {@link NativeDevice.name}. */
  device: string;
  /** `hotNeurons`: how many, from the front of the order by frequency. */
  layers: { attention: 'gpu' | 'cpu'; hotNeurons: number }[];
  head: 'gpu' | 'cpu';
}

/** llama.cpp's -ngl. */
export interface NativeGpuLayers {
  /** A {@link NativeDevice.name}. */
  device: string;
  /** The head first, then the model's last layers: one more than it has is all. */
  layers: number;
}

/** Bytes of a model's parts as they would lie on a GPU. */
export interface NativePlacementCosts {
  layers: {
    /** Attention's weights. */
    attentionBytes: number;
    /** Keys and values of the whole context. */
    kvBytes: number;
    /** Gate, up and down of one neuron, where only some of the layer's lie there. */
    neuronBytes: number;
    /** Of all neurons, which take less where they need not be gathered. */
    feedForwardBytes: number;
    /** The GPU holds a multiple of so many neurons. */
    neuronGranularity: number;
    neurons: number;
  }[];
  headBytes: number;
  /** Compute buffers, needed as soon as anything lies there. */
  scratchBytes: number;
}

/** How fast a GPU and the CPU read weights, and what waiting for the GPU costs. */
export interface NativeDeviceRates {
  gpuBytesPerSecond: number;
  cpuBytesPerSecond: number;
  /** Getting a layer's input from the GPU, from the last operation's end to the data in main memory. */
  syncSeconds: number;
}

/** How fast the processor does what a step is made of, by the nodes and threads that steps are computed with. */
export interface NativeProcessorRates {
  kernel: string;
  /** Physical ones that a container may use; the most threads that were measured. */
  cores: number;
  /** Of memory that can be taken now; null where the system does not tell. */
  availableBytes: number | null;
  /** Of matrices with packed rows, for every type and number of threads. */
  products: {
    /** Such as `Q4_K`. */
    type: string;
    threads: number;
    /** Of weights as the file has them, by products with one column. */
    bytesPerSecond: number;
    /** The same of a head, where the most probable token is chosen: of most rows one plane is read. */
    choiceBytesPerSecond: number;
    /** Multiply-adds, by products with a prompt's columns. */
    productsPerSecond: number;
  }[];
  steps: {
    threads: number;
    /** Values of keys and values that one token's attention reads. */
    keysPerSecond: number;
    /** Multiply-adds of one token's attention. */
    tokenAttentionPerSecond: number;
    /** Of a query and a position of one token's attention, beside those. */
    tokenScoreSeconds: number;
    /** Multiply-adds of a prompt's attention. */
    attentionPerSecond: number;
    /** Of a query and a position of a prompt's attention, beside those. */
    scoreSeconds: number;
    /** Of a node of the graph that has next to nothing to compute. */
    nodeSeconds: number;
    /** Of norming and rounding one value of a product's column, by one thread. */
    valueSeconds: number;
    /** Of rotating one value of a query or a key, or storing one of a key or a value, which one thread does. */
    rotationSeconds: number;
    /** Of one value that a product with the columns of a prompt writes. */
    resultSeconds: number;
    /** That a byte of weights takes longer to read where they are mapped from a file. */
    mappedByteSeconds: number;
    /** Of choosing a token, for each of the vocabulary's logits. */
    logitSeconds: number;
  }[];
}

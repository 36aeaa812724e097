/** PowerInfer's communication threshold. */
import { mostOnGpu, type Neurons } from './problem.ts';

/**
 * PowerInfer's C_l, the communication threshold: the smallest number of neurons that the GPU computes, the wait included, in
 * no more time than the CPU would. null: none.
 */
export function fewestThatPay(neurons: Neurons, syncSeconds: number): number | null {
  let cpu = 0;
  for (let count = 1; count <= mostOnGpu(neurons); count++) {
    cpu += neurons.cpuSeconds[count - 1] ?? 0;
    if (count * neurons.gpuSeconds + syncSeconds <= cpu) return count;
  }
  return null;
}

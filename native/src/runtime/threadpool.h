// The threads that compute graphs. Without a pool of its own ggml starts and ends threads with every graph.
#pragma once

#include <ggml-cpu.h>

#include <memory>

namespace hotset {

/// `threads` threads, the caller's counted. One graph at a time may use it.
class Threadpool {
 public:
  explicit Threadpool(int threads);

  ggml_threadpool_t get() const { return pool_.get(); }

 private:
  struct Free {
    void operator()(ggml_threadpool_t pool) const;
  };
  std::unique_ptr<ggml_threadpool, Free> pool_;
};

}  // namespace hotset

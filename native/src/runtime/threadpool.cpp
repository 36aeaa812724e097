#include "runtime/threadpool.h"

#include "error.h"
#include "runtime/backends.h"

namespace hotset {

Threadpool::Threadpool(int threads) {
  ggml_threadpool_params parameters = ggml_threadpool_params_default(threads);
  pool_.reset(cpu_backend().threadpool_new(&parameters));
  if (!pool_) throw Error(ErrorKind::kInternal, "cannot start " + std::to_string(threads) + " threads");
}

void Threadpool::Free::operator()(ggml_threadpool_t pool) const { cpu_backend().threadpool_free(pool); }

}  // namespace hotset

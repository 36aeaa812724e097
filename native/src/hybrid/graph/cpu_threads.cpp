#include "hybrid/graph/cpu_threads.h"

#include <algorithm>
#include <span>

#include "error.h"
#include "runtime/backends.h"
#include "runtime/node_parts.h"

namespace hotset {
namespace {

/// Takes so long that one thread is too few.
bool is_product(const ggml_tensor* node) {
  return node->op == GGML_OP_MUL_MAT || node->op == GGML_OP_FLASH_ATTN_EXT;
}

}  // namespace

CpuThreads::Pool::Pool(int count, ggml_abort_callback is_cancelled, void* self)
    : threads(count), backend(ggml_backend_dev_init(cpu_backend().device, nullptr)) {
  if (!backend) throw Error(ErrorKind::kInternal, "ggml's CPU backend did not start");
  cpu_backend().set_n_threads(backend.get(), count);
  cpu_backend().set_threadpool(backend.get(), threads.get());
  cpu_backend().set_abort_callback(backend.get(), is_cancelled, self);
}

CpuThreads::CpuThreads(int threads, ggml_abort_callback is_cancelled, void* self)
    : team_(threads), is_cancelled_(is_cancelled), self_(self), one_(1, is_cancelled, self) {}

bool CpuThreads::needs_ggml(ggml_cgraph* nodes) {
  return std::ranges::any_of(
      std::span(ggml_graph_nodes(nodes), static_cast<std::size_t>(ggml_graph_n_nodes(nodes))), is_product);
}

ggml_status CpuThreads::compute(ggml_cgraph* nodes, bool by_ggml) {
  if (by_ggml) {
    if (!many_) many_ = std::make_unique<Pool>(team_.threads(), is_cancelled_, self_);
    return ggml_backend_graph_compute(many_->backend.get(), nodes);
  }
  const TeamVisit visit(team_);
  return ggml_backend_graph_compute(one_.backend.get(), nodes);
}

}  // namespace hotset

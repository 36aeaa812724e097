#include "model_thread.h"

namespace hotset::addon {

std::shared_ptr<CancelFlag> ModelThread::new_flag() {
  std::erase_if(flags_, [](const auto& flag) { return flag.expired(); });
  auto flag = std::make_shared<CancelFlag>(false);
  flags_.push_back(flag);
  return flag;
}

void ModelThread::cancel() {
  for (const auto& weak : flags_) {
    if (const auto flag = weak.lock()) flag->store(true);
  }
}

void ModelThread::dispose() {
  cancel();
  worker.add([this] {
    opened.reset();
    profiler.reset();
  });
  worker.stop();
}

}  // namespace hotset::addon

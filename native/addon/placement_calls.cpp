#include "placement_calls.h"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "decode/llama_gpu_fit.h"
#include "environment.h"
#include "error.h"
#include "errors.h"
#include "gguf/fingerprint.h"
#include "gguf/model_file.h"
#include "hybrid/graph/placement_costs.h"
#include "hybrid/placement/device_rates.h"
#include "hybrid/support.h"
#include "parameters.h"
#include "results.h"
#include "runtime/backends.h"
#include "runtime/devices.h"
#include "runtime/processors.h"

namespace hotset::addon {
namespace {

constexpr int kLongestContext = 1 << 24U;

/// Whole and not negative.
std::uint64_t to_count(Napi::Value value, const char* name) {
  constexpr double kMost = 9007199254740991.0;  // 2^53 - 1: the largest that JavaScript counts to
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1.0;
  if (!(number >= 0.0 && number <= kMost) || number != std::trunc(number)) {
    throw Error(ErrorKind::kBadInput, std::string(name) + " must be a whole number");
  }
  return static_cast<std::uint64_t>(number);
}

int to_small_count(Napi::Value value, const char* name, int most) {
  const std::uint64_t count = to_count(value, name);
  if (count <= static_cast<std::uint64_t>(most)) return static_cast<int>(count);
  throw Error(ErrorKind::kBadInput, std::string(name) + " must be at most " + std::to_string(most));
}

/// Runs `work` on a thread of its own. It returns what makes the result on the JavaScript thread.
template <typename Work>
Napi::Promise run_apart(const Napi::CallbackInfo& info, Work work) {
  Environment& environment = Environment::of(info.Env());
  PendingCall call(info.Env());
  call.model_thread = environment.new_model_thread();
  call.cancel = call.model_thread->new_flag();
  return environment.start(std::move(call),
                           [work = std::move(work)](CallId, const CancelFlag& cancel) -> MakeResult {
                             return [make = work(cancel)](Napi::Env env, PendingCall&) { return make(env); };
                           });
}

const char* name_of(DeviceType type) {
  switch (type) {
    case DeviceType::kGpu:
      return "gpu";
    case DeviceType::kIntegrated:
      return "integrated";
    case DeviceType::kCpu:
      return "cpu";
  }
  return "";
}

Napi::Value devices(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    cpu_backend();  // refuses before initialise()
    Napi::Array list = Napi::Array::New(info.Env());
    for (const GpuInfo& gpu : gpus()) {
      Napi::Object object = Napi::Object::New(info.Env());
      object.Set("name", gpu.name);
      object.Set("description", gpu.description);
      object.Set("type", name_of(gpu.type));
      object.Set("totalBytes", static_cast<double>(gpu.total_bytes));
      object.Set("freeBytes", static_cast<double>(gpu.free_bytes));
      list.Set(list.Length(), object);
    }
    return list;
  });
}

Napi::Value from_summary(Napi::Env env, const ModelFile& file) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("architecture", file.architecture);
  object.Set("hiddenActivation", addon::name_of(file.activation));
  object.Set("layers", file.layers);
  object.Set("neuronsPerLayer", file.feed_forward_length);
  object.Set("contextLength", file.context_length);
  object.Set("sizeBytes", static_cast<double>(file.size_bytes));
  const auto obstacle = hybrid_obstacle(file);
  object.Set("hybridObstacle", obstacle ? Napi::Value(Napi::String::New(env, *obstacle)) : env.Null());
  return object;
}

Napi::Value inspect_model(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return run_apart(info, [path = to_path(info[0], "model")](const CancelFlag&) {
      return [file = ModelFile::open(path)](Napi::Env env) { return from_summary(env, file); };
    });
  });
}

Napi::Value fingerprint(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    return run_apart(info, [path = to_path(info[0], "model")](const CancelFlag&) {
      return [hash = model_fingerprint(ModelFile::open(path))](Napi::Env env) -> Napi::Value {
        return Napi::String::New(env, hash);
      };
    });
  });
}

Napi::Value from_costs(Napi::Env env, const ModelFile& file, const PlacementCosts& costs) {
  Napi::Array layers = Napi::Array::New(env, costs.layers.size());
  for (std::uint32_t i = 0; i < costs.layers.size(); ++i) {
    const LayerCosts& layer = costs.layers[i];
    Napi::Object object = Napi::Object::New(env);
    object.Set("attentionBytes", static_cast<double>(layer.attention));
    object.Set("kvBytes", static_cast<double>(layer.kv));
    object.Set("neuronBytes", static_cast<double>(layer.neuron));
    object.Set("feedForwardBytes", static_cast<double>(layer.feed_forward));
    object.Set("neuronGranularity", layer.granularity);
    object.Set("neurons", file.feed_forward_length);
    layers.Set(i, object);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("layers", layers);
  object.Set("headBytes", static_cast<double>(costs.head));
  object.Set("scratchBytes", static_cast<double>(costs.scratch));
  return object;
}

Napi::Value costs_of_placement(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    cpu_backend();  // refuses before initialise()
    const int context_length = to_small_count(info[1], "contextLength", kLongestContext);
    ggml_backend_buffer_type_t memory = ggml_backend_dev_buffer_type(find_gpu(to_text(info[2])));
    return run_apart(info, [path = to_path(info[0], "model"), context_length, memory](const CancelFlag&) {
      const ModelFile file = ModelFile::open(path);
      if (const auto obstacle = hybrid_obstacle(file)) {
        throw Error(ErrorKind::kBadModel, path.string() + ": the hybrid decoder cannot run this model: " +
                                              *obstacle + "; choose the decoder llama.cpp");
      }
      return [file, costs = placement_costs(file, context_length, memory)](Napi::Env env) {
        return from_costs(env, file, costs);
      };
    });
  });
}

Napi::Value measure(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    constexpr int kMostThreads = 512;  // GGML_MAX_N_THREADS
    cpu_backend();                     // refuses before initialise()
    ggml_backend_dev_t device = find_gpu(to_text(info[0]));
    const int asked = to_small_count(info[1], "threads", kMostThreads);
    const int threads = asked > 0 ? asked : usable_cores();
    return run_apart(info, [device, threads](const CancelFlag&) {
      return [rates = measure_device(device, threads)](Napi::Env env) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("gpuBytesPerSecond", rates.gpu_bytes_per_second);
        object.Set("cpuBytesPerSecond", rates.cpu_bytes_per_second);
        object.Set("syncSeconds", rates.sync_seconds);
        return object;
      };
    });
  });
}

Napi::Value fit_layers(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    cpu_backend();  // refuses before initialise()
    const int context_length = to_small_count(info[1], "contextLength", kLongestContext);
    ggml_backend_dev_t device = find_gpu(to_text(info[2]));
    const std::uint64_t budget = to_count(info[3], "budgetBytes");
    return run_apart(info, [path = to_path(info[0], "model"), context_length, device,
                            budget](const CancelFlag& cancel) {
      ModelFile::open(path);  // libllama does not stand hostile files
      return
          [fit = fit_gpu_layers(path, context_length, device, budget, cancel)](Napi::Env env) -> Napi::Value {
            Napi::Object object = Napi::Object::New(env);
            object.Set("layers", fit.layers);
            object.Set("bytes", static_cast<double>(fit.bytes));
            return object;
          };
    });
  });
}

}  // namespace

void add_placement_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("devices", Napi::Function::New(env, devices, "devices"));
  exports.Set("inspectModel", Napi::Function::New(env, inspect_model, "inspectModel"));
  exports.Set("fingerprint", Napi::Function::New(env, fingerprint, "fingerprint"));
  exports.Set("placementCosts", Napi::Function::New(env, costs_of_placement, "placementCosts"));
  exports.Set("measureDevice", Napi::Function::New(env, measure, "measureDevice"));
  exports.Set("fitGpuLayers", Napi::Function::New(env, fit_layers, "fitGpuLayers"));
}

}  // namespace hotset::addon

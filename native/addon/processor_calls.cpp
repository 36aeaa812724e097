#include "processor_calls.h"

#include <cctype>
#include <cstdint>
#include <string>
#include <utility>

#include "decode/rates/processor_rates.h"
#include "environment.h"
#include "error.h"
#include "errors.h"
#include "kernels/kernels.h"
#include "runtime/available_memory.h"
#include "runtime/backends.h"
#include "runtime/processors.h"

namespace hotset::addon {
namespace {

Napi::Array from_products(Napi::Env env, const ProcessorRates& rates) {
  Napi::Array list = Napi::Array::New(env, rates.products.size());
  std::uint32_t index = 0;
  for (const ProductRate& rate : rates.products) {
    Napi::Object object = Napi::Object::New(env);
    std::string type = ggml_type_name(rate.type);
    // As files are named: q4_K is Q4_K, f16 is F16.
    type.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
    object.Set("type", type);
    object.Set("threads", rate.threads);
    object.Set("bytesPerSecond", rate.bytes_per_second);
    object.Set("choiceBytesPerSecond", rate.choice_bytes_per_second);
    object.Set("productsPerSecond", rate.products_per_second);
    list.Set(index++, object);
  }
  return list;
}

Napi::Array from_steps(Napi::Env env, const ProcessorRates& rates) {
  Napi::Array list = Napi::Array::New(env, rates.steps.size());
  std::uint32_t index = 0;
  for (const StepRate& rate : rates.steps) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("threads", rate.threads);
    object.Set("keysPerSecond", rate.keys_per_second);
    object.Set("tokenAttentionPerSecond", rate.token.products_per_second);
    object.Set("tokenScoreSeconds", rate.token.score_seconds);
    object.Set("attentionPerSecond", rate.prompt.products_per_second);
    object.Set("scoreSeconds", rate.prompt.score_seconds);
    object.Set("nodeSeconds", rate.node_seconds);
    object.Set("valueSeconds", rate.value_seconds);
    object.Set("rotationSeconds", rate.rotation_seconds);
    object.Set("resultSeconds", rate.result_seconds);
    object.Set("mappedByteSeconds", rate.mapped_byte_seconds);
    object.Set("logitSeconds", rate.logit_seconds);
    list.Set(index++, object);
  }
  return list;
}

Napi::Value from_rates(Napi::Env env, const ProcessorRates& rates, int cores) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kernel", kernel_name(rates.kernel));
  object.Set("cores", cores);
  const std::uint64_t available = available_memory();
  object.Set("availableBytes", available == kUnknownMemory
                                   ? env.Null()
                                   : Napi::Value(Napi::Number::New(env, static_cast<double>(available))));
  object.Set("products", from_products(env, rates));
  object.Set("steps", from_steps(env, rates));
  return object;
}

Napi::Value measure_processor(const Napi::CallbackInfo& info) {
  return guard_promise(info.Env(), [&] {
    cpu_backend();  // refuses before initialise()
    Environment& environment = Environment::of(info.Env());
    if (environment.measuring.lock() != nullptr) {
      throw Error(ErrorKind::kBadInput, "the processor is being measured already: wait for it");
    }
    PendingCall call(info.Env());
    call.model_thread = environment.new_model_thread();
    call.cancel = call.model_thread->new_flag();
    environment.measuring = call.cancel;
    return environment.start(std::move(call), [](CallId, const CancelFlag& cancel) -> MakeResult {
      const int cores = usable_cores();
      ProcessorRates rates = hotset::measure_processor(cores, cancel);
      const bool is_whole = !cancel;
      return [rates = std::move(rates), cores, is_whole](Napi::Env env, PendingCall&) {
        return is_whole ? from_rates(env, rates, cores) : env.Null();
      };
    });
  });
}

Napi::Value cancel_measuring(const Napi::CallbackInfo& info) {
  if (const auto flag = Environment::of(info.Env()).measuring.lock()) *flag = true;
  return info.Env().Undefined();
}

}  // namespace

void add_processor_calls(Napi::Env env, Napi::Object exports) {
  exports.Set("measureProcessor", Napi::Function::New(env, measure_processor, "measureProcessor"));
  exports.Set("cancelMeasuring", Napi::Function::New(env, cancel_measuring, "cancelMeasuring"));
}

}  // namespace hotset::addon

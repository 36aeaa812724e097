#include "hybrid/prediction/predictor_network.h"

#include <array>
#include <cmath>
#include <random>
#include <string>

#include "error.h"
#include "runtime/backends.h"
#include "runtime/buffer_types.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

constexpr float kFirstDecay = 0.9F;
constexpr float kSecondDecay = 0.98F;  // short: a training has hundreds of steps, not hundreds of thousands
constexpr float kEpsilon = 1e-8F;
constexpr std::size_t kMostTensors = 64;

/// Derivative of the loss by the logits. sources: logits and weights, [neurons, batch] both.
void differentiate_loss(ggml_tensor* result, int thread, int threads, void* /*unused*/) {
  const NodeVisit visit;
  const std::int64_t rows = result->ne[1];
  const std::int64_t first = rows * thread / threads * result->ne[0];
  const std::int64_t end = rows * (thread + 1) / threads * result->ne[0];
  const auto* logits = static_cast<const float*>(result->src[0]->data);
  const auto* weights = static_cast<const float*>(result->src[1]->data);
  auto* derivatives = static_cast<float*>(result->data);
  const float scale = 1.0F / static_cast<float>(rows);
  for (std::int64_t i = first; i < end; ++i) {
    const float probability = 1.0F / (1.0F + std::exp(-logits[i]));
    const bool fired = weights[i] > 0.0F;
    derivatives[i] = scale * (fired ? weights[i] * (probability - 1.0F) : probability);
  }
}

ggml_tensor* transposed(ggml_context* context, ggml_tensor* matrix) {
  return ggml_cont(context, ggml_transpose(context, matrix));
}

/// Normally distributed, so that sums over `columns` inputs of unit variance have unit variance.
void randomise(ggml_tensor* matrix, std::mt19937_64& random) {
  auto* values = static_cast<float*>(matrix->data);
  const auto columns = static_cast<double>(matrix->ne[0]);
  for (std::int64_t i = 0; i < ggml_nelements(matrix); i += 2) {
    // Box and Muller's: the standard library's normal distribution differs from one to the next.
    constexpr double kRange = 18446744073709551616.0;
    const double radius =
        std::sqrt(-2.0 * std::log((static_cast<double>(random()) + 1.0) / kRange) / columns);
    const double angle = 2.0 * 3.14159265358979323846 * static_cast<double>(random()) / kRange;
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < ggml_nelements(matrix)) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

}  // namespace

PredictorNetwork::PredictorNetwork(const NetworkShape& shape, Threadpool& threadpool, int threads,
                                   std::uint64_t seed)
    : shape_(shape), backend_(ggml_backend_dev_init(cpu_backend().device, nullptr)) {
  if (!backend_) throw Error(ErrorKind::kInternal, "ggml's CPU backend did not start");
  cpu_backend().set_n_threads(backend_.get(), threads);
  cpu_backend().set_threadpool(backend_.get(), threadpool.get());
  context_ = make_context(kMostTensors);
  inputs_ = new_matrix(shape.embedding, shape.batch);
  weights_ = new_matrix(shape.neurons, shape.batch);
  adam_ = ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, 7);
  fc1_ = new_learned(shape.embedding, shape.hidden);
  fc2_ = new_learned(shape.hidden, shape.neurons);
  buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), plain_buffer_type()));
  if (!buffer_) throw Error(ErrorKind::kOutOfMemory, "not enough memory to train predictors");
  ggml_backend_buffer_clear(buffer_.get(), 0);
  std::mt19937_64 random(seed);
  randomise(fc1_.values, random);
  randomise(fc2_.values, random);

  const std::size_t graph_bytes = 2 * ggml_graph_overhead() + 2 * kMostTensors * ggml_tensor_overhead();
  graphs_.reset(ggml_init({.mem_size = graph_bytes, .mem_buffer = nullptr, .no_alloc = true}));
  step_memory_.reset(ggml_gallocr_new(plain_buffer_type()));
  logits_memory_.reset(ggml_gallocr_new(plain_buffer_type()));
  build_step();
  build_logits();
}

ggml_tensor* PredictorNetwork::new_matrix(int columns, int rows) {
  return ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, columns, rows);
}

PredictorNetwork::Learned PredictorNetwork::new_learned(int columns, int rows) {
  Learned learned{.values = new_matrix(columns, rows),
                  .first = new_matrix(columns, rows),
                  .second = new_matrix(columns, rows)};
  ggml_set_param(learned.values);
  return learned;
}

PredictorNetwork::Forward PredictorNetwork::forward(ggml_context* context) const {
  ggml_tensor* hidden = ggml_relu(context, ggml_mul_mat(context, fc1_.values, inputs_));
  return {.hidden = hidden, .logits = ggml_mul_mat(context, fc2_.values, hidden)};
}

ggml_tensor* PredictorNetwork::update(ggml_context* context, const Learned& learned,
                                      ggml_tensor* gradient) const {
  return ggml_opt_step_adamw(context, learned.values, gradient, learned.first, learned.second, adam_);
}

void PredictorNetwork::build_step() {
  ggml_context* context = graphs_.get();
  const auto [hidden, logits] = forward(context);
  std::array<ggml_tensor*, 2> sources = {logits, weights_};
  ggml_tensor* by_logits = ggml_custom_4d(context, GGML_TYPE_F32, logits->ne[0], logits->ne[1], 1, 1,
                                          sources.data(), 2, differentiate_loss, GGML_N_TASKS_MAX, nullptr);
  ggml_tensor* by_fc2 = ggml_mul_mat(context, transposed(context, hidden), transposed(context, by_logits));
  ggml_tensor* by_hidden = ggml_mul_mat(context, transposed(context, fc2_.values), by_logits);
  by_hidden = ggml_mul(context, by_hidden, ggml_step(context, hidden));
  ggml_tensor* by_fc1 = ggml_mul_mat(context, transposed(context, inputs_), transposed(context, by_hidden));

  step_graph_ = ggml_new_graph(context);
  // Both gradients before any weight changes.
  ggml_build_forward_expand(step_graph_, by_fc1);
  ggml_build_forward_expand(step_graph_, by_fc2);
  ggml_build_forward_expand(step_graph_, update(context, fc1_, by_fc1));
  ggml_build_forward_expand(step_graph_, update(context, fc2_, by_fc2));
  allocate(step_memory_.get(), step_graph_);
}

void PredictorNetwork::build_logits() {
  logits_ = forward(graphs_.get()).logits;
  ggml_set_output(logits_);
  logits_graph_ = ggml_new_graph(graphs_.get());
  ggml_build_forward_expand(logits_graph_, logits_);
  allocate(logits_memory_.get(), logits_graph_);
}

void PredictorNetwork::allocate(ggml_gallocr* allocator, ggml_cgraph* graph) const {
  if (ggml_gallocr_alloc_graph(allocator, graph)) return;
  throw Error(ErrorKind::kOutOfMemory,
              "not enough memory to train a predictor of " + std::to_string(shape_.hidden) + " hidden units");
}

void PredictorNetwork::compute(ggml_cgraph* graph) {
  const NodeVisit visit;
  const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph);
  if (status == GGML_STATUS_SUCCESS) return;
  throw Error(ErrorKind::kInternal, std::string("ggml failed to compute: ") + ggml_status_to_string(status));
}

void PredictorNetwork::step(float learning_rate) {
  ++steps_;
  const auto steps = static_cast<float>(steps_);
  const std::array<float, 7> parameters = {learning_rate,
                                           kFirstDecay,
                                           kSecondDecay,
                                           kEpsilon,
                                           0.0F,  // no weight decay
                                           1.0F / (1.0F - std::pow(kFirstDecay, steps)),
                                           1.0F / (1.0F - std::pow(kSecondDecay, steps))};
  ggml_backend_tensor_set(adam_, parameters.data(), 0, sizeof(parameters));
  compute(step_graph_);
}

std::span<const float> PredictorNetwork::logits() {
  compute(logits_graph_);
  return values(logits_);
}

void PredictorNetwork::set(std::span<const float> fc1, std::span<const float> fc2) const {
  ggml_backend_tensor_set(fc1_.values, fc1.data(), 0, fc1.size_bytes());
  ggml_backend_tensor_set(fc2_.values, fc2.data(), 0, fc2.size_bytes());
}

}  // namespace hotset

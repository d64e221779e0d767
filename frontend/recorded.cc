#include "frontend/recorded.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "ir/check.h"

namespace brine {
namespace internal {

Handle::Handle(Record* record) : record_(record) { ++record_->handles; }
Handle::Handle(const Handle& other) : Handle(other.record_) {}
Handle& Handle::operator=(const Handle& other) {
  Handle copy(other);
  std::swap(record_, copy.record_);
  return *this;
}

// Deleting a record destroys its handles of earlier records.  The outermost call of this destructor deletes them from a
// list, so that a chain of any length is deleted without recursion.
Handle::~Handle() {
  if (--record_->handles != 0) return;
  thread_local std::vector<Record*>* pending = nullptr;
  if (pending != nullptr) {
    pending->push_back(record_);
    return;
  }
  std::vector<Record*> list = {record_};
  pending = &list;
  while (!list.empty()) {
    Record* record = list.back();
    list.pop_back();
    delete record;
  }
  pending = nullptr;
}

Place::Place(const Line& source) : file(source.file), line(static_cast<int>(source.number)) {
  file = file.substr(file.find_last_of('/') + 1);
}

int64_t NextSerial() {
  static std::atomic<int64_t> last = 0;
  return ++last;
}

std::vector<const CallRecord*> CallsBefore(const std::vector<Handle>& calls) {
  std::vector<const CallRecord*> found, pending;
  const auto add = [&](const Handle& call) { pending.push_back(&Access::Get<CallRecord>(call)); };
  for (const Handle& call : calls) add(call);
  std::set<const CallRecord*> seen;
  while (!pending.empty()) {
    const CallRecord* const call = pending.back();
    pending.pop_back();
    if (!seen.insert(call).second) continue;
    found.push_back(call);
    for (const Handle& input : call->inputs) add(input);
  }
  std::sort(found.begin(), found.end(), [](const CallRecord* a, const CallRecord* b) { return a->serial < b->serial; });
  return found;
}

std::vector<LayerRecord*> LayersOf(const std::vector<const CallRecord*>& calls) {
  std::vector<LayerRecord*> layers;
  for (const CallRecord* call : calls) layers.push_back(&LayerOf(*call));
  std::sort(layers.begin(), layers.end(),
            [](const LayerRecord* a, const LayerRecord* b) { return a->serial < b->serial; });
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  return layers;
}

Layer MakeLayer(std::string kind, std::string prefix, std::string name, const Line& line,
                std::function<Symbol(LayerBuilder&)> lower, LayerTraits traits) {
  auto* record = new LayerRecord;
  record->kind = std::move(kind);
  record->prefix = std::move(prefix);
  record->name = std::move(name);
  record->traits = traits;
  record->place = line;
  record->lower = std::move(lower);
  return Access::Make<Layer>(Handle(record));
}

Tensor Call(const Layer& layer, const std::vector<Tensor>& inputs) {
  auto* record = new CallRecord(Access::HandleOf(layer));
  for (const Tensor& input : inputs) record->inputs.push_back(Access::HandleOf(input));
  return Access::Make<Tensor>(Handle(record));
}

}  // namespace internal

Real::Real(float number) : value_(number) {
  char text[32];
  const std::to_chars_result written = std::to_chars(text, text + sizeof text, number);
  BRINE_CHECK(written.ec == std::errc());
  std::from_chars(text, written.ptr, value_);
}

Tensor Layer::operator()(const Tensor& input) const { return internal::Call(*this, {input}); }

}  // namespace brine

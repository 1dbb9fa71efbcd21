/// The losses of the batches whose gradients are added up for one step.
struct LossSum {
  /// Batches of a step.
  let accumulation: Int
  /// Batches of the stage.
  let batches: Int
  /// Batches of this step: the last of a stage may have fewer.
  private(set) var share = 1
  /// The weighted parts, each the mean over the step's batches.
  private(set) var terms: [(name: String, value: Double)] = []
  /// What is logged beside them, likewise.
  private(set) var logged: [(name: String, value: Double)] = []
  private var added = 0

  init(accumulation: Int, batches: Int) {
    self.accumulation = accumulation
    self.batches = batches
  }

  /// Whether no batch of a step has come yet.
  var isEmpty: Bool { added == 0 }
  /// Whether all batches of the step have come.
  var isWhole: Bool { added >= share }
  /// The loss.
  var total: Double { terms.reduce(0) { $0 + $1.value } }

  /// Finds how many batches the step has that a batch of the stage belongs to.
  mutating func begin(batch index: Int) {
    share = min(accumulation, batches - index / accumulation * accumulation)
  }

  mutating func add(_ loss: LossTerms) throws {
    let values = try loss.parts.map { (name: $0.name, value: try $0.value.number() / Double(share)) }
    terms = isEmpty ? values : zip(terms, values).map { ($0.name, $0.value + $1.value) }
    let others = loss.logged.map { (name: $0.name, value: $0.value / Double(share)) }
    logged = isEmpty ? others : zip(logged, others).map { ($0.name, $0.value + $1.value) }
    added += 1
  }

  mutating func clear() {
    terms = []
    logged = []
    added = 0
  }
}

import Training

/// Some steps of training on the batch of a ``StepGolden``, of which each process has its part.
package struct SharedSteps {
  private let step: StepGolden
  private let group: ProcessGroup

  package init(_ step: StepGolden, _ group: ProcessGroup) {
    self.step = step
    self.group = group
  }

  /// What came of the steps.
  package struct Result: Codable {
    /// The loss of each step.
    package var losses: [Double] = []
    /// The first step's gradients.
    package var gradients: [String: [Float]] = [:]
    /// The parameters after the last.
    package var parameters: [String: [Float]] = [:]
  }

  /// Trains as one process with the whole batch would.
  package func run(_ count: Int) throws -> Result {
    let torch = step.torch
    let network = try step.network()
    let parameters = try network.parameters.names.map { (name: $0, tensor: try network.parameters($0)) }
    let all = parameters.map(\.tensor)
    // What the processes start from is process 0's.
    if group.rank > 0 {
      try torch.withoutGradients { try all[0].write([Float](repeating: 9, count: all[0].count)) }
    }
    try group.share(all)
    // A parameter that has a gradient in one process alone.
    let odd = try torch.full(1, [2])
    try odd.requireGradient()
    let optimizer = try AdamW(parameters + [("odd", odd)], torch: torch, decay: 0.05)
    let size = step.golden.ids.count / group.worldSize
    let part = (group.rank * size)..<((group.rank + 1) * size)
    var result = Result()
    for index in 0..<count {
      try torch.clearGradients(all + [odd])
      let rows = try step.rows(network, part: part)
      let losses = try step.losses(
        image: group.gathered(rows.image), text: group.gathered(rows.text),
        logitScale: group.sharedByAll(network.logitScale))
      var whole = losses.whole
      if group.rank == group.worldSize - 1 {
        whole = try whole + (odd * 0.5).sum() - odd.sum().detached() * 0.5
      }
      try whole.backward()
      try group.sumGradients(of: all + [odd])
      if index == 0 {
        for (name, tensor) in parameters { result.gradients[name] = try tensor.gradient()?.floats() }
      }
      _ = try torch.clipGradients(of: all, to: 1.5)
      try optimizer.update(rate: 1e-3)
      result.losses.append(try losses.whole.number())
    }
    for (name, tensor) in parameters { result.parameters[name] = try tensor.floats() }
    result.parameters["odd"] = try odd.floats()
    return result
  }
}

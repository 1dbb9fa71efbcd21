import CLIP
import Foundation

extension TrainingLoop {
  /// What is saved: the parameters, the optimizer's moments, the average.
  private var tensors: [String: Tensor] {
    var all = task.parameters.byName
    for moment in optimizer.moments {
      all["adam.first/\(moment.name)"] = moment.first
      all["adam.second/\(moment.name)"] = moment.second
    }
    for (name, tensor) in average?.ordered ?? [] { all["average/\(name)"] = tensor }
    return all
  }

  /// Goes on from the saved state, where it is one of this stage.
  func resume(_ description: RunDescription) throws {
    let data = state.data
    guard let (saved, file) = try RunState.read(run.folder.state, description: { _ in description }),
      saved.stage == plan.number
    else { return }
    if run.isFirst, let before = saved.data, before != data {
      throw TrainingError.otherState(
        path: run.folder.state.path, reason: "its images or captions are others now than when it was saved")
    }
    state = saved
    state.data = data
    state.fields = description.lines
    for (name, tensor) in tensors {
      // The start of a stage has the parameters alone.
      guard let stored = try file.tensor(name) else {
        if state.step == 0, let own = try file.tensor(name.replacing("average/", with: "")) {
          try tensor.write(own.floats())
        }
        continue
      }
      guard stored.shape == tensor.shape else {
        throw TrainingError.otherState(path: run.folder.state.path, reason: "its \(name) has another shape")
      }
      try tensor.write(stored.floats())
    }
    optimizer.resume(step: state.step)
    if !state.generator.isEmpty { try run.torch.setGeneratorState(Array(state.generator)) }
    if !state.task.isEmpty { try task.restore(state.task) }
  }

  func save() throws {
    guard run.isFirst else { return }
    state.generator = Data(try run.torch.generatorState())
    state.task = try task.state()
    try state.write(tensors, to: run.folder.state)
  }
}

extension [TrainingParameter] {
  /// The tensors by name.
  var byName: [String: Tensor] { Dictionary(map { ($0.name, $0.tensor) }) { $1 } }
}

// The counter of live tensors is the process's, so tests run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

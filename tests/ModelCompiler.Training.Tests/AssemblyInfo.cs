// libtorch has one random generator per process, which a run seeds in each step: two runs at a time would mix.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

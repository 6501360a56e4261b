// Each class starts processes that need the whole machine to keep their times.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

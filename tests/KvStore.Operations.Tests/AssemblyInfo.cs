// Each class has a cluster of its own, which mostly waits: for elections, for files to be noticed, for a learner to catch up.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]

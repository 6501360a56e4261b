using KvStore.Primitives;

namespace KvStore.Platform;

/// <summary>
/// Answers to waiting calls. The table of waiting calls lives behind this door. Any lane may complete a call; the first
/// completion wins, and a call whose caller has gone is ignored.
/// </summary>
public interface IReplies<TReply>
{
    void Complete(RequestId request, in TReply reply);
}

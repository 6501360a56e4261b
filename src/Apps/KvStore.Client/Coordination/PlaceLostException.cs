namespace KvStore.Client;

/// <summary>
/// A lock or an office was lost, or never got: the session is over, or someone has deleted the key that stood for it. What it
/// protected may be another's by now.
/// </summary>
public sealed class PlaceLostException : Exception
{
    /// <param name="message">Which one, and how.</param>
    /// <param name="inner">What was found out first, if it was an exception.</param>
    public PlaceLostException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>A <c>kvstore.command.Command</c> read in place.</summary>
public readonly ref struct CommandFields
{
    private const int RequestIdField = 1;
    private const int CallerField = 2;

    public RequestId Request { get; init; }

    /// <summary>The encoded <c>Caller</c>; empty where the request needs none.</summary>
    public ReadOnlySpan<byte> Caller { get; init; }

    /// <summary>The number of the operation field; one this version does not know is passed on as it is.</summary>
    public CommandKind Kind { get; init; }

    /// <summary>The encoded request.</summary>
    public ReadOnlySpan<byte> Operation { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> encoded, out CommandFields command)
    {
        ulong request = 0;
        ReadOnlySpan<byte> caller = default, operation = default;
        var kind = CommandKind.None;
        command = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch (field)
            {
                case RequestIdField when type == Wire.WireType.Varint: request = number; break;
                case CallerField when type == Wire.WireType.LengthDelimited: caller = bytes; break;
                case >= (int)CommandKind.Put when type == Wire.WireType.LengthDelimited:
                    kind = (CommandKind)field;
                    operation = bytes;
                    break;
                default: break;
            }
        }

        command = new CommandFields { Request = new RequestId(request), Caller = caller, Kind = kind, Operation = operation };
        return true;
    }
}

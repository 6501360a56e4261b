using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace KvStore.Grpc;

/// <summary>
/// The serial numbers of a certificate revocation list (RFC 5280, section 5.1). As in etcd a serial number alone decides: the list
/// is the operator's own file, not something fetched, so neither its signature nor its dates are judged.
/// </summary>
public sealed class RevocationList
{
    private readonly HashSet<BigInteger> _serials = [];

    public int Count => _serials.Count;

    public bool Contains(ReadOnlySpan<byte> serialBigEndian) => _serials.Contains(new BigInteger(serialBigEndian, isUnsigned: false, isBigEndian: true));

    /// <summary>Reads DER, or PEM with one or several lists. Throws <see cref="InvalidDataException"/> on anything else.</summary>
    public static RevocationList Parse(byte[] file)
    {
        var list = new RevocationList();
        try
        {
            if (file.Length > 0 && file[0] == 0x30)
            {
                list.AddDer(file);
                return list;
            }

            var text = Encoding.ASCII.GetString(file).AsSpan();
            while (PemEncoding.TryFind(text, out var fields))
            {
                if (text[fields.Label] is "X509 CRL")
                    list.AddDer(Convert.FromBase64String(text[fields.Base64Data].ToString()));
                text = text[fields.Location.End..];
            }
        }
        catch (Exception broken) when (broken is AsnContentException or FormatException)
        {
            throw new InvalidDataException("not a certificate revocation list", broken);
        }

        return list;
    }

    private void AddDer(byte[] der)
    {
        var certificateList = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var body = certificateList.ReadSequence();
        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            body.ReadInteger(); // version
        body.ReadSequence(); // signature algorithm
        body.ReadSequence(); // issuer
        SkipTime(body); // this update
        if (body.HasData && IsTime(body.PeekTag()))
            SkipTime(body); // next update
        if (!body.HasData || !body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return; // nobody is revoked
        var entries = body.ReadSequence();
        while (entries.HasData)
            _serials.Add(entries.ReadSequence().ReadInteger());
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static void SkipTime(AsnReader reader)
    {
        if (!IsTime(reader.PeekTag()))
            throw new AsnContentException("a time was expected");
        reader.ReadEncodedValue();
    }
}

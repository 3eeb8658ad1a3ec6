using System.Globalization;
using System.Text;
using Engine.Benchmarks.Wire;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Peers;

/// <summary>
/// A client of Redis for one script call after the other, no more of the protocol than that takes: commands as arrays of bulk
/// strings, answers that are numbers, arrays or errors.
/// </summary>
sealed class RedisConversation(Work work, World world, int number, RedisScripts scripts, int pipelined = 1) : Conversation
{
    readonly Random _random = new(number);
    readonly byte[] _request = new byte[64 * 1024];
    int _length;
    // Of an order that is placed and not paid; 0 for none.
    long _placed;

    public override ReadOnlyMemory<byte> Next(out int requests)
    {
        _length = 0;
        requests = pipelined;
        for (var i = 0; i < pipelined; i++) Add();
        return _request.AsMemory(0, _length);
    }

    void Add()
    {
        if (_placed > 0) Call(scripts.Pay, [$"{_placed}"]);
        else if (work == Work.W4) Call(scripts.Read, [world.Pick(_random)]);
        else Call(scripts.Place, Order());
    }

    /// <summary>SKU and units, line by line.</summary>
    string[] Order()
    {
        if (work == Work.W3) return [world.Hot, "1"];
        var order = new string[2 * (_random.NextDouble() switch { < 0.4 => 1, < 0.8 => 2, _ => 3 })];
        for (var i = 0; i < order.Length; i += 2) (order[i], order[i + 1]) = (world.Pick(_random), _random.Next(2) == 0 ? "1" : "2");
        return order;
    }

    void Call(string script, string[] arguments)
    {
        Text($"*{3 + arguments.Length}\r\n");
        Bulk("EVALSHA");
        Bulk(script);
        Bulk("0");
        foreach (var argument in arguments) Bulk(argument);
    }

    void Bulk(string text) => Text($"${text.Length}\r\n{text}\r\n");

    void Text(string text) => _length += Encoding.ASCII.GetBytes(text, _request.AsSpan(_length));

    public override bool TryRead(ReadOnlySpan<byte> received, out int length, out Outcome outcome, out bool counts)
    {
        (outcome, counts) = (Outcome.Done, true);
        if (!TryReadValue(received, out length, out var value)) return false;
        if (work != Work.W2) return true;
        counts = _placed > 0;
        _placed = counts ? 0 : value;
        return true;
    }

    /// <param name="value">Where it is a number.</param>
    static bool TryReadValue(ReadOnlySpan<byte> received, out int length, out long value)
    {
        (length, value) = (0, 0);
        var end = received.IndexOf("\r\n"u8);
        if (end < 0) return false;
        length = end + 2;
        var rest = received[1..end];
        if (received[0] == '-') throw new InvalidDataException($"Redis said {Encoding.ASCII.GetString(rest)}");
        _ = long.TryParse(rest, CultureInfo.InvariantCulture, out value);
        switch ((char)received[0])
        {
            case '$' when value >= 0:
                length += (int)value + 2;
                return length <= received.Length;
            case '*':
                for (var i = 0; i < value; i++)
                {
                    if (!TryReadValue(received[length..], out var part, out _)) return false;
                    length += part;
                }
                return true;
            default: return true;
        }
    }
}

/// <summary>The hashes by which the scripts are called.</summary>
sealed record RedisScripts(string Place, string Pay, string Read)
{
    /// <summary>All lines or none: checks each, reserves, records the order and lists it under each SKU; answers its number.</summary>
    public const string PlaceText = """
        for i = 1, #ARGV, 2 do
          local s = redis.call('HMGET', 'sku:' .. ARGV[i], 'h', 'r')
          if (tonumber(s[1]) or 0) - (tonumber(s[2]) or 0) < tonumber(ARGV[i + 1]) then return redis.error_reply('OUT_OF_STOCK') end
        end
        local id = redis.call('INCR', 'orders')
        for i = 1, #ARGV, 2 do
          redis.call('HINCRBY', 'sku:' .. ARGV[i], 'r', ARGV[i + 1])
          redis.call('ZADD', 'res:' .. ARGV[i], id, id .. ':' .. ARGV[i + 1])
        end
        redis.call('HSET', 'order:' .. id, 's', 'reserved', 'exp', '1700000900', 'l', table.concat(ARGV, ' '))
        return id
        """;

    public const string PayText = """
        local key = 'order:' .. ARGV[1]
        local o = redis.call('HMGET', key, 's', 'l')
        if o[1] ~= 'reserved' then return redis.error_reply('NOT_RESERVED') end
        for s, q in string.gmatch(o[2], '(%S+) (%d+)') do
          redis.call('HINCRBY', 'sku:' .. s, 'r', -q)
          redis.call('HINCRBY', 'sku:' .. s, 'h', -q)
          redis.call('ZREM', 'res:' .. s, ARGV[1] .. ':' .. q)
        end
        redis.call('HSET', key, 's', 'paid')
        return 1
        """;

    public const string ReadText = """
        local s = redis.call('HMGET', 'sku:' .. ARGV[1], 'h', 'r')
        s[3] = redis.call('ZREVRANGE', 'res:' .. ARGV[1], 0, 19)
        return s
        """;
}

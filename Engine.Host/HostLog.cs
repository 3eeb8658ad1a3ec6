namespace Engine.Host;

/// <summary>All that the host logs. Ids of orders and SKUs may stand here, persons and secrets never.</summary>
static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "Settings in force: {Settings}")]
    public static partial void SettingsInForce(this ILogger log, string settings);

    [LoggerMessage(2, LogLevel.Information, "Opening {Partitions} partitions of the store {Store}")]
    public static partial void Opening(this ILogger log, int partitions, string store);

    [LoggerMessage(3, LogLevel.Information, "All partitions are open after {Milliseconds} ms")]
    public static partial void Opened(this ILogger log, long milliseconds);

    [LoggerMessage(4, LogLevel.Critical, "Opening the store failed")]
    public static partial void OpeningFailed(this ILogger log, Exception e);

    [LoggerMessage(5, LogLevel.Critical, "Partition {Partition} has stopped: {Fault}")]
    public static partial void PartitionStopped(this ILogger log, int partition, string fault);

    [LoggerMessage(6, LogLevel.Information, "Draining and writing checkpoints; a second signal ends at once")]
    public static partial void Stopping(this ILogger log);

    [LoggerMessage(7, LogLevel.Information, "Stopped")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(8, LogLevel.Warning, "No API keys are configured. A new admin key is in {Path}, readable by its owner only")]
    public static partial void AdminKeyMade(this ILogger log, string path);

    [LoggerMessage(9, LogLevel.Information, "No API keys are configured. The admin key is the one in {Path}")]
    public static partial void AdminKeyRead(this ILogger log, string path);

    [LoggerMessage(10, LogLevel.Warning, "The shop {Platform}/{Shop} can't push: this build has no adapter for its platform")]
    public static partial void NoAdapter(this ILogger log, string platform, string shop);

    [LoggerMessage(11, LogLevel.Warning, "Engine:Partitions is {Wanted}, but the store was made with {Partitions}, and their number stays what it was made with")]
    public static partial void PartitionsStay(this ILogger log, int wanted, int partitions);

    [LoggerMessage(12, LogLevel.Warning, "What the shop {Platform}/{Shop} pushes can't be verified: {Fault}")]
    public static partial void CredentialsFaulty(this ILogger log, string platform, string shop, string fault);

    [LoggerMessage(20, LogLevel.Error, "{Method} {Route} failed")]
    public static partial void RequestFailed(this ILogger log, string method, string route, Exception e);

    [LoggerMessage(21, LogLevel.Error, "The parser of {Platform} stumbled; the message is in quarantine")]
    public static partial void ParserFailed(this ILogger log, string platform, Exception e);

    [LoggerMessage(22, LogLevel.Error, "The personal data of {OrderId} is damaged, or its key is; it is not shown")]
    public static partial void PersonalDataDamaged(this ILogger log, string orderId, Exception e);

    [LoggerMessage(30, LogLevel.Error, "A round of the {Name} failed")]
    public static partial void UpkeepFailed(this ILogger log, string name, Exception e);

    [LoggerMessage(31, LogLevel.Warning, "The lock {ReservationId} of {Sku} had no owner and was freed")]
    public static partial void OrphanFreed(this ILogger log, string sku, string reservationId);

    [LoggerMessage(32, LogLevel.Information, "The retired signing key {Id} is not needed any more and was removed")]
    public static partial void KeyRemoved(this ILogger log, string id);

    [LoggerMessage(33, LogLevel.Information, "{Frames} frames were moved to {Files} archive files: {Bytes} bytes became {PackedBytes}")]
    public static partial void Archived(this ILogger log, long frames, int files, long bytes, long packedBytes);

    [LoggerMessage(34, LogLevel.Error, "A round of the cluster failed")]
    public static partial void RoundFailed(this ILogger log, Exception e);

    [LoggerMessage(35, LogLevel.Critical, "This node ends: {Why}")]
    public static partial void MustEnd(this ILogger log, string why);

    [LoggerMessage(36, LogLevel.Information, "A push of {Platform}/{Shop} was kept here while its partition moves")]
    public static partial void KeptWhileMoving(this ILogger log, string platform, string shop);

    [LoggerMessage(40, LogLevel.Error, "The read models could not be used and are made anew: {Why}")]
    public static partial void ViewsRemade(this ILogger log, string why);

    [LoggerMessage(41, LogLevel.Error, "The read models are held up; lists may be behind")]
    public static partial void ViewsFailed(this ILogger log, Exception e);
}

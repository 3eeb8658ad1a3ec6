using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    /// <summary>
    /// One batch: the commands that are decided together, the frame their events stand in, and everything that may only be
    /// said once that frame is durable.
    /// </summary>
    sealed class Batch : Turn
    {
        readonly Partition _partition;
        readonly IPartitionHost _host;
        readonly ActorId _directory;
        readonly List<Ask> _asks = [];
        readonly Outgoing[] _outgoing;
        readonly List<int> _receivers = [];
        readonly List<Delivery> _deliveries = [];
        readonly HashSet<Actor> _touched = [];
        readonly List<byte> _tags = [];
        readonly List<byte[]> _keys = [];
        readonly List<KeyRef> _droppedKeys = [];
        bool[] _marked = [];
        long? _deliveredAt;
        Actor? _actor;
        Ask? _ask;
        Cause _cause;
        ActorId _sender;
        bool _spoke;
        int _received;

        public Batch(Partition partition)
        {
            _partition = partition;
            _host = partition._host;
            _directory = ActorId.Directory(partition.Number);
            _outgoing = new Outgoing[_host.Partitions];
        }

        public bool HasRoom => _partition._frame.Length < _host.Limits.FrameBytes;
        public bool HasRoomForDeadlines => HasRoom && _partition._frame.Length < _host.Limits.DeadlineBytes;
        /// <summary>Messages so far.</summary>
        public int Sent { get; private set; }
        public bool WasEmpty { get; private set; }

        public override long Now => _partition._now;
        public override ActorId Self => _actor!.Id;
        public override ActorId Sender => _sender;
        public override Actor Directory => _partition._residents.Find(_directory)!;
        public override int Partitions => _host.Partitions;

        public void Begin()
        {
            _partition._frame.Begin(_host.Ownership?.FrameVersion ?? FrameLayout.Version);
            if (_marked.Length != _partition._inboxes.Length) _marked = new bool[_partition._inboxes.Length];
            foreach (var ask in _partition._ready) Decide(_partition.Find(ask.To)!, ask);
            _partition._ready.Clear();
        }

        public void DecideDeadline(ActorId id)
        {
            if (_partition.Find(id) is not { } actor)
            {
                // Due again as soon as it is here.
                _partition._deadlines.Set(id, Now);
                _partition.Preload(id);
                return;
            }
            if (actor.Deadline <= Now) CountLateness(Now - actor.Deadline);
            Decide(actor, DeadlineReached.Instance, Cause.Deadline, default, null);
            _partition._deadlines.Set(id, actor.Deadline);
        }

        void CountLateness(long late)
        {
            var counters = _partition.Counters;
            counters.DeadlineLatenessMax = Math.Max(counters.DeadlineLatenessMax, late);
            if (late > PartitionCounters.Late) counters.DeadlinesLate++;
        }

        public void Decide(Actor actor, Letter letter)
        {
            var sender = letter.From.PartitionOf(_host.Partitions);
            _marked[sender] = true;
            _received++;
            Decide(actor, letter.Message, Cause.MessageOf(sender), letter.From, null);
            // Silence is a decision too: without it a replay could not tell which message comes next.
            if (!_spoke) _partition._frame.Decision(_cause, _sender);
        }

        public void Decide(Actor actor, Ask ask)
        {
            _asks.Add(ask);
            _partition.Counters.Commands++;
            Decide(actor, ask.Command, Cause.Outside, default, ask);
        }

        void Decide(Actor actor, Command command, Cause cause, ActorId sender, Ask? ask)
        {
            (_actor, _cause, _sender, _ask, _spoke) = (actor, cause, sender, ask, false);
            actor.Decide(command, this);
            if (_spoke)
            {
                _partition._residents.Add(actor);
                _partition._residents.MarkDirty(actor);
                _partition._deadlines.Set(actor.Id, actor.Deadline);
            }
            // Also one that was woken for nothing; not one that never was.
            if (_spoke || _partition._residents.Holds(actor)) _touched.Add(actor);
        }

        /// <summary>Before the first thing that is said.</summary>
        void Speak()
        {
            if (_spoke) return;
            _spoke = true;
            _partition._frame.Decision(_cause, _sender);
        }

        public override void Emit(Event happened)
        {
            Speak();
            _partition._frame.Event(_actor!.Id, happened);
            _tags.Add(happened.Tag);
            _actor.Evolve(happened, new Stamp(_partition._sequence + 1, Now));
        }

        public override void Send(ActorId to, Message message)
        {
            Speak();
            var partition = to.PartitionOf(_host.Partitions);
            ref var sent = ref _partition._sent[partition];
            sent = new Mark(_partition._sequence + 1, sent.Number + 1);
            _partition._frame.Message(_actor!.Id, to, partition, sent.Number, message);
            ref var outgoing = ref _outgoing[partition];
            outgoing.Letters ??= [];
            if (outgoing.Letters.Count == 0)
            {
                outgoing.First = sent.Number;
                _receivers.Add(partition);
            }
            outgoing.Letters.Add(new Letter(_actor.Id, to, message));
            Sent++;
        }

        public override void Reply(object reply)
        {
            if (_ask is not null) _ask.Reply = reply;
        }

        public override KeyRef StoreKey(byte[] wrapped)
        {
            _keys.Add(wrapped);
            return new KeyRef(_partition._sequence + 1, _keys.Count - 1);
        }

        public override void DropKey(KeyRef key) => _droppedKeys.Add(key);

        /// <summary>Hands the frame to the journal; a batch that changed nothing answers at once, for all before it is durable.</summary>
        public void Finish()
        {
            for (var sender = 0; sender < _marked.Length; sender++)
            {
                if (!_marked[sender]) continue;
                var mark = _partition._inboxes[sender].Mark;
                _partition._frame.Mark(sender, mark.Sequence, mark.Number);
                _marked[sender] = false;
            }
            WasEmpty = _asks.Count == 0 && _partition._frame.IsEmpty;
            if (_partition._frame.IsEmpty)
            {
                // Refusals and repeats rest on what was read, as reads do.
                if (!_host.MayAnswer(_partition.Number)) FailAsks(AnswerKind.NotOwner);
                Release();
                return;
            }
            var write = new FrameWrite(_partition) { Partition = _partition.Number, Epoch = _partition._epoch, Sequence = _partition._sequence + 1, Streak = _partition._streak };
            write.Frame = _partition._frame.Finish(_partition._epoch, write.Sequence, Now, _partition._hash);
            write.Hash = FrameHash.Of(write.Frame.Span);
            write.Keys.AddRange(_keys);
            write.DroppedKeys.AddRange(_droppedKeys);
            _partition._inFlight = write;
            Envelop(write);
            if (_host.Fault == KernelFault.AnswerBeforeAppend) ReleaseAnswers();
            if (_host.Fault == KernelFault.SendBeforeAppend) DeliverAhead();
            if (_host.Fault == KernelFault.SnapshotUndurable) CheckpointBuilder.Undurable(_partition);
            _host.Journal.Submit(write);
            // Whatever follows from it is submitted behind it.
            if (write.Streak is not null) DeliverAhead();
        }

        /// <summary>The frame is durable: now it may be heard.</summary>
        public void Release()
        {
            foreach (var tag in _tags) _partition.Counters.EventsByTag[tag]++;
            _partition.Counters.MessagesReceived += _received;
            ReleaseLetters();
            ReleaseAnswers();
            foreach (var actor in _touched) _partition.AnswerIfSettled(actor);
            foreach (var actor in _touched) _partition.LayDown(actor);
            Clear();
        }

        void ReleaseAnswers()
        {
            foreach (var ask in _asks)
            {
                var actor = _partition._residents.Peek(ask.To);
                if (ask.Options.Settle > TimeSpan.Zero && actor is { IsSettled: false })
                {
                    ask.GiveUpAt = _host.Uptime + (long)ask.Options.Settle.TotalMilliseconds;
                    _partition.Park(ask);
                }
                else _partition.Answer(ask, actor ?? (ask.Options.WithView ? _host.Domain.NewActor(ask.To) : null));
            }
            _asks.Clear();
        }

        void Envelop(FrameWrite write)
        {
            foreach (var to in _receivers)
            {
                ref var outgoing = ref _outgoing[to];
                _deliveries.Add(new Delivery(_partition.Number, to, write.Sequence, outgoing.First, [.. outgoing.Letters!]) { Streak = MaySendAhead(to) ? write.Streak : null });
                outgoing.Letters!.Clear();
            }
            _receivers.Clear();
        }

        /// <summary>What follows from it is written behind it only where this node owns both.</summary>
        bool MaySendAhead(int to) => _host.IsWanted(to) || _host.Fault == KernelFault.SendAheadElsewhere;

        void ReleaseLetters()
        {
            if (_deliveries.Count == 0) return;
            foreach (var delivery in _deliveries)
            {
                _partition.Counters.MessagesSent += delivery.Letters.Length;
                _host.Sent(_partition.Number, delivery.To, delivery.Last);
            }
            // Whoever forgets or opens from here on asks how far the link is durable, which was said before this is read.
            Interlocked.MemoryBarrier();
            var isKnown = _deliveredAt == _host.Upheavals;
            foreach (var delivery in _deliveries)
                if (!isKnown || delivery.Streak is null || !_host.IsWanted(delivery.To)) _host.Deliver(delivery with { Streak = null });
        }

        void DeliverAhead()
        {
            _deliveredAt = _host.Upheavals;
            foreach (var delivery in _deliveries)
                if (delivery.Streak is not null || _host.Fault == KernelFault.SendBeforeAppend) _host.Deliver(delivery);
        }

        /// <summary>None of it is kept.</summary>
        public void Fail(AnswerKind kind)
        {
            FailAsks(kind);
            Clear();
        }

        public void FailAsks(AnswerKind kind)
        {
            foreach (var ask in _asks) ask.Complete(new Answer(kind));
            _asks.Clear();
        }

        void Clear()
        {
            _asks.Clear();
            foreach (var to in _receivers) _outgoing[to].Letters!.Clear();
            _receivers.Clear();
            _deliveries.Clear();
            _deliveredAt = null;
            _touched.Clear();
            _tags.Clear();
            _keys.Clear();
            _droppedKeys.Clear();
            Array.Clear(_marked);
            (_received, Sent) = (0, 0);
        }

        /// <summary>What is said on one link in this batch: consecutive numbers.</summary>
        struct Outgoing
        {
            public long First;
            public List<Letter>? Letters;
        }
    }
}

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Hands out lanes, first come, first served. Any thread may call any member.</summary>
/// <typeparam name="T">What is handed out.</typeparam>
internal sealed class LaneQueue<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Stack<T> _idle;
    private readonly LinkedList<TaskCompletionSource<T>> _waiting = new();
    private bool _closed;

    public LaneQueue(IEnumerable<T> lanes) => _idle = new(lanes);

    /// <summary>Callers that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>The next free lane, at once or in turn.</summary>
    /// <exception cref="ObjectDisposedException">The queue was closed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the caller has left the queue.</exception>
    public async ValueTask<T> TakeAsync(CancellationToken cancellation = default)
    {
        LinkedListNode<TaskCompletionSource<T>> place;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(EncoderSession));
            cancellation.ThrowIfCancellationRequested();
            if (_idle.TryPop(out T? lane))
                return lane;
            place = _waiting.AddLast(new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using (cancellation.UnsafeRegister(_ => Leave(place, cancellation), null).ConfigureAwait(false))
            return await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>The next free lane; blocks the calling thread while it waits.</summary>
    public T Take()
    {
        ValueTask<T> taken = TakeAsync();
        return taken.IsCompletedSuccessfully ? taken.Result : taken.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Gives a lane back, to whoever has waited longest.</summary>
    public void Return(T lane)
    {
        TaskCompletionSource<T>? next = null;
        lock (_gate)
        {
            if (_waiting.First is { } first)
            {
                _waiting.RemoveFirst();
                next = first.Value;
            }
            else
            {
                _idle.Push(lane);
            }
        }

        // A waiter is completed by whoever takes it out of the list, so this cannot meet a cancellation.
        next?.SetResult(lane);
    }

    /// <summary>Refuses those who wait and those who come; lanes that are out may still be returned.</summary>
    public void Close()
    {
        TaskCompletionSource<T>[] refused;
        lock (_gate)
        {
            _closed = true;
            refused = [.. _waiting];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource<T> waiter in refused)
            waiter.SetException(new ObjectDisposedException(nameof(EncoderSession)));
    }

    private void Leave(LinkedListNode<TaskCompletionSource<T>> place, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (place.List is null)
                return; // it has its lane, or was refused
            _waiting.Remove(place);
        }

        place.Value.SetCanceled(cancellation);
    }
}

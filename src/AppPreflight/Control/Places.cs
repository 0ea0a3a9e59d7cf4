namespace AppPreflight.Control;

/// <summary>Counts connections, so that one user's can't take the places of others.</summary>
internal sealed class Places(ControlLimits limits)
{
    private readonly Lock gate = new();
    private readonly Dictionary<uint, int> readers = [];
    private int owners;
    private int taken;

    /// <summary>Connections that live.</summary>
    public int Taken
    {
        get
        {
            lock (gate) return taken;
        }
    }

    public bool TryTake(Peer peer)
    {
        lock (gate)
        {
            var isOwner = peer.Access == Access.Run;
            var own = readers.GetValueOrDefault(peer.UserId);
            if (isOwner ? owners >= limits.OwnerPlaces : own >= limits.PlacesPerUser || taken - owners >= limits.ReaderPlaces) return false;
            if (isOwner) owners++;
            else readers[peer.UserId] = own + 1;
            taken++;
            return true;
        }
    }

    public void Return(Peer peer)
    {
        lock (gate)
        {
            taken--;
            if (peer.Access == Access.Run) owners--;
            else if (--readers[peer.UserId] == 0) readers.Remove(peer.UserId);
        }
    }
}

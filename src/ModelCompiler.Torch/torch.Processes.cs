using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public static class cuda
    {
        public static bool is_available() => Bridge.mct_cuda_is_available();

        public static int device_count() => (int)Bridge.mct_cuda_device_count();

        /// <summary>Waits for all work on the current GPU.</summary>
        public static void synchronize() => Call.Done(Bridge.mct_cuda_synchronize());
    }

    /// <summary>The process group of this process, by c10d.</summary>
    public static class distributed
    {
        private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

        /// <summary>Joins the other processes; returns once all are there.</summary>
        /// <param name="backend"><c>gloo</c> for tensors on the host, <c>nccl</c> for tensors on GPUs.</param>
        /// <param name="address">Host of rank 0.</param>
        /// <param name="port">Its port; rank 0 listens there.</param>
        /// <param name="rank">This process, from 0.</param>
        /// <param name="size">Number of processes.</param>
        /// <param name="timeout">Longest wait, for the others and later in every operation; 5 minutes where not given.</param>
        public static void init_process_group(string backend, string address, int port, int rank, int size, TimeSpan? timeout = null) =>
            Call.Done(Bridge.mct_init_process_group(backend, address, port, rank, size, (long)(timeout ?? DefaultTimeout).TotalMilliseconds));

        /// <summary>Replaces a tensor by its sum over all processes.</summary>
        public static void all_reduce(Tensor tensor) => Call.Done(Bridge.mct_all_reduce(tensor.Handle));

        /// <summary>Replaces a tensor by that of one process.</summary>
        public static void broadcast(Tensor tensor, int src) => Call.Done(Bridge.mct_broadcast(tensor.Handle, src));

        /// <summary>Waits for all processes.</summary>
        public static void barrier() => Call.Done(Bridge.mct_barrier());

        public static void destroy_process_group() => Call.Done(Bridge.mct_destroy_process_group());
    }
}

using System.Runtime.InteropServices;

namespace ModelCompiler.Torch.Tests;

/// <summary>Scopes, errors, gradient modes, types, optimizer: what is not a formula.</summary>
public sealed class BehaviourTests : LeakCheck
{
    [Fact]
    public void A_scope_frees_what_was_made_in_it()
    {
        long before = torch.live_tensors;
        Tensor kept, outer;
        using (DisposeScope around = torch.NewDisposeScope())
        {
            using (DisposeScope scope = torch.NewDisposeScope())
            {
                Tensor gone = torch.ones([3L]);
                gone.add(1).Dispose();
                kept = torch.zeros([1L]).DetachFromDisposeScope();
                outer = torch.zeros([2L]).MoveToOuterDisposeScope();
                scope.DisposablesCount.ShouldBe(1);
            }

            (torch.live_tensors - before).ShouldBe(2);
            around.DisposablesCount.ShouldBe(1);
            outer.numel().ShouldBe(2);
        }

        (torch.live_tensors - before).ShouldBe(1);
        kept.item<float>().ShouldBe(0);
        kept.Dispose();
        Should.Throw<ObjectDisposedException>(() => kept.numel());
        kept.Dispose(); // twice is once
    }

    [Fact]
    public void An_error_of_libtorch_arrives_with_its_message()
    {
        ExternalException error = Should.Throw<TorchException>(() => torch.matmul(torch.ones([2L, 3L]), torch.ones([2L, 3L])));
        error.Message.ShouldStartWith("torch matmul: ");
        error.Message.ShouldContain("2x3");
        Should.Throw<TorchException>(() => torch.ones([2L]).view(3)).Operation.ShouldBe("view");
        Should.Throw<TorchException>(() => torch.ones([2L]).item<float>()).Operation.ShouldBe("item");
        Should.Throw<TorchException>(() => torch.ones([2L]).add_(torch.ones([3L]))).Operation.ShouldBe("add_");
        Should.Throw<TorchException>(() => torch.ones([1L]).backward()).Message.ShouldContain("grad");
        Should.Throw<TorchException>(() => torch.distributed.barrier()).Message.ShouldContain("init_process_group");
    }

    [Fact]
    public void Wrong_arguments_are_refused_before_libtorch_sees_them()
    {
        Should.Throw<ArgumentException>(() => torch.tensor([1f], [2L])).Message.ShouldContain("Expected 2 elements for the shape [2], found 1");
        Should.Throw<ArgumentException>(() => torch.ones([1L]).data<double>().ToArray()).Message.ShouldContain("Float64");
        foreach (string device in new[] { "gpu", "cuda:x", "cuda:-1", "cpu:0:1" })
            Should.Throw<ArgumentException>(() => torch.device(device)).Message.ShouldContain(device);
        torch.device("cuda:1").ToString().ShouldBe("cuda:1");
    }

    [Fact]
    public void Gradients_are_recorded_where_they_are_wanted()
    {
        Tensor x = torch.ones([2L]).requires_grad_();
        (x.requires_grad, x.is_leaf, x.grad).ShouldBe((true, true, null));
        using (torch.no_grad())
        {
            torch.is_grad_enabled().ShouldBeFalse();
            x.mul(2).requires_grad.ShouldBeFalse();
            using (torch.enable_grad())
                x.mul(2).requires_grad.ShouldBeTrue();
            torch.is_grad_enabled().ShouldBeFalse();
        }

        x.detach().requires_grad.ShouldBeFalse();
        x.mul(3).sum().backward();
        x.mul(3).backward(torch.full([2L], 2f));
        x.grad!.data<float>().ToArray().ShouldBe([9, 9]); // they add up
        x.grad = torch.ones([2L]);
        x.grad.data<float>().ToArray().ShouldBe([1, 1]);
        x.grad = null;
        x.grad.ShouldBeNull();
    }

    [Fact]
    public void Autocast_makes_products_smaller_until_it_ends()
    {
        Tensor a = torch.ones([2L, 2L]), b = torch.ones([2L, 2L]);
        using (torch.autocast(torch.CPU, torch.bfloat16))
            torch.matmul(a, b).dtype.ShouldBe(torch.bfloat16);
        torch.matmul(a, b).dtype.ShouldBe(torch.float32);
    }

    [Fact]
    public void AdamW_takes_the_step_of_its_formula()
    {
        Tensor x = Of([1, -2], 2).requires_grad_();
        using torch.optim.Optimizer optimizer = torch.optim.AdamW([x], lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.5);
        double[] expected = [1, -2], first = [0, 0], second = [0, 0];
        for (int step = 1; step <= 3; step++)
        {
            optimizer.LearningRate = 0.1 / step;
            optimizer.zero_grad();
            x.mul(x).sum().backward();
            optimizer.step();
            for (int i = 0; i < 2; i++)
            {
                double gradient = 2 * expected[i];
                expected[i] *= 1 - 0.1 / step * 0.5;
                first[i] = 0.9 * first[i] + 0.1 * gradient;
                second[i] = 0.99 * second[i] + 0.01 * gradient * gradient;
                expected[i] -= 0.1 / step * (first[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.99, step))) + 1e-8);
            }

            double[] found = x.detach().data<double>().ToArray();
            found[0].ShouldBe(expected[0], 1e-12);
            found[1].ShouldBe(expected[1], 1e-12);
        }
    }

    [Fact]
    public void Gradients_are_clipped_by_their_common_norm()
    {
        Tensor x = Of([1], 1).requires_grad_(), y = Of([1], 1).requires_grad_();
        (x * 3 + y * 4).sum().backward();
        torch.nn.utils.clip_grad_norm_([x, y], 1).ShouldBe(5, 1e-12);
        x.grad!.item<double>().ShouldBe(0.6, 1e-5); // libtorch adds 1e-6 to the norm
        y.grad!.item<double>().ShouldBe(0.8, 1e-5);
    }

    [Fact]
    public void A_thousand_steps_keep_memory_flat()
    {
        torch.manual_seed(3);
        Tensor w1 = torch.randn([16L, 8L]).requires_grad_(), w2 = torch.randn([1L, 16L]).requires_grad_();
        using torch.optim.Optimizer optimizer = torch.optim.AdamW([w1, w2], lr: 0.01);
        double first = 0, last = 0;
        long live = 0, resident = 0;
        for (int step = 0; step < 1000; step++)
        {
            using (torch.NewDisposeScope())
            {
                Tensor x = torch.randn([64L, 8L]);
                Tensor y = torch.nn.functional.linear(torch.nn.functional.linear(x, w1).tanh(), w2);
                Tensor loss = torch.nn.functional.mse_loss(y, x.sum([1L], keepdim: true));
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                last = loss.item<double>();
            }

            if (step == 0)
                first = last;
            if (step == 100)
                (live, resident) = (torch.live_tensors, Environment.WorkingSet);
        }

        last.ShouldBeLessThan(first / 10);
        torch.live_tensors.ShouldBe(live);
        (Environment.WorkingSet - resident).ShouldBeLessThan(32 << 20);
    }
}

using System.Diagnostics;
using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>Trains what a recipe says and leaves the best model in the output folder.</summary>
/// <remarks>One run at a time in a process: libtorch has one random generator, which each step seeds.</remarks>
public static class Trainer
{
    /// <summary>Runs a recipe from the start or from the last checkpoint.</summary>
    /// <exception cref="Runtime.ModelCompilerException">The derived type says what is wrong.</exception>
    public static TrainingResult Run(Recipe recipe, TrainingOptions options)
    {
        using TrainingSetup setup = TrainingSetup.Create(recipe, options);
        return new Loop(recipe, options, setup).Run();
    }

    private sealed class Loop
    {
        private readonly Recipe _recipe;
        private readonly TrainingOptions _options;
        private readonly TrainingSetup _setup;
        private readonly LossScale? _scale;
        private readonly TrainingStep _step;
        private readonly List<StepOutcome> _pending = [];
        private readonly Stopwatch _clock = new();
        private readonly RateSchedule _schedule;
        private readonly int _stepsPerEpoch;
        private readonly long _steps;
        private double _secondsBefore, _secondsAtReport, _bestAccuracy = -1;
        private long _bestStep, _evaluated;
        private int _epoch = -1;
        private int[][] _batches = [];

        public Loop(Recipe recipe, TrainingOptions options, TrainingSetup setup)
        {
            (_recipe, _options, _setup) = (recipe, options, setup);
            TrainingRecipe training = recipe.Training;
            _scale = training.Compute == ComputeType.Float16 ? new() : null;
            _step = new(recipe, setup.Model, setup.Distiller, setup.Noise, setup.Parameters, setup.Optimizer, _scale, options.Processes);
            _stepsPerEpoch = (setup.Training.Count + training.Batch - 1) / training.Batch;
            _steps = (long)training.Epochs * _stepsPerEpoch;
            if (training.MaxSteps > 0)
                _steps = Math.Min(_steps, training.MaxSteps);
            _schedule = new(training, _steps);
        }

        private bool IsFirstProcess => _options.Processes.Rank == 0;

        private IReadOnlyList<ITrainingObserver> Observers => IsFirstProcess ? _setup.Observers : [];

        private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

        public TrainingResult Run()
        {
            long done = _options.Resume && _setup.Checkpoints.HasState ? Restore() : 0;
            double? teacherAccuracy = _setup.Distiller is { } distiller && IsFirstProcess
                ? Evaluator.Evaluate(distiller.Teachers[0], _setup.Validation).Accuracy
                : null;
            var start = new RunStart(
                _recipe.Name, _steps, done + 1, _setup.Training.Count, _setup.Parameters.Values.numel(), $"{_setup.Model.Device}", teacherAccuracy);
            foreach (ITrainingObserver observer in Observers)
                observer.OnStart(start);
            _clock.Start();
            if (_recipe.Layerwise is { } layerwise && done == 0)
                LayerwiseDistillation.Run(_recipe, layerwise, _setup, report => { foreach (ITrainingObserver observer in Observers) observer.OnLayer(report); });
            ShareWeights();
            _secondsAtReport = Seconds;
            _setup.Model.IsTraining = true;
            for (long step = done + 1; step <= _steps; step++)
                RunStep(step);
            return Finish(teacherAccuracy);
        }

        /// <summary>All processes start from the first one's values.</summary>
        private void ShareWeights()
        {
            if (_options.Processes.Size == 1)
                return;
            using var noGrad = torch.no_grad();
            if (!IsFirstProcess)
                _setup.Parameters.Values.zero_();
            _options.Processes.Sum(_setup.Parameters.Values);
        }

        private void RunStep(long step)
        {
            int epoch = (int)((step - 1) / _stepsPerEpoch);
            if (epoch != _epoch)
                (_epoch, _batches) = (epoch, BatchOrder.Training(_setup.Training, _recipe.Training.Batch, _recipe.Seed, epoch));
            foreach (ITrainingHook hook in _setup.Hooks)
            {
                using var noGrad = torch.no_grad();
                hook.BeforeStep(_setup.Model, step, _steps);
            }

            _pending.Add(_step.Run(step, _setup.Training, _batches[(step - 1) % _stepsPerEpoch], _schedule.RateOf(step)));
            bool evaluate = IsDue(step, _recipe.Training.EvaluateEvery), save = IsDue(step, _recipe.Training.CheckpointEvery);
            if (evaluate || save || step % _recipe.Training.LogEvery == 0)
                Report(step);
            if (evaluate && IsFirstProcess)
                Evaluate(step);
            if (save && IsFirstProcess)
                Save(step);
        }

        private bool IsDue(long step, int every) => step == _steps || step % (every > 0 ? every : _stepsPerEpoch) == 0;

        /// <summary>Reads the losses of the steps since the last report; a checkpoint is never written before this was done.</summary>
        private void Report(long step)
        {
            using var scope = torch.NewDisposeScope();
            Tensor both = torch.cat([.. _pending.Select(p => p.Loss), .. _pending.Select(p => p.Correct)], 0);
            _options.Processes.Sum(both);
            float[] values = StateTensors.ToArray(both);
            int count = _pending.Count;
            for (int i = 0; i < count; i++)
            {
                if (!float.IsFinite(values[i]))
                {
                    throw new NonFiniteLossException(
                        _pending[i].Step, values[i], _schedule.RateOf(_pending[i].Step), _setup.Checkpoints.HasState ? _setup.Checkpoints.StatePath : null);
                }
            }

            int rows = _pending.Sum(p => p.Rows);
            double seconds = Seconds;
            var report = new StepReport(
                step, Epochs(step), values.Take(count).Average(v => (double)v), values.Skip(count).Sum(v => (double)v) / rows,
                _schedule.RateOf(step), rows / Math.Max(seconds - _secondsAtReport, 1e-9), seconds);
            foreach (StepOutcome outcome in _pending)
            {
                outcome.Loss.Dispose();
                outcome.Correct.Dispose();
            }

            _pending.Clear();
            _secondsAtReport = seconds;
            foreach (ITrainingObserver observer in Observers)
                observer.OnSteps(report);
        }

        private void Evaluate(long step)
        {
            Evaluation evaluation = Evaluator.Evaluate(_setup.Model, _setup.Validation);
            _evaluated = step;
            bool best = evaluation.Accuracy > _bestAccuracy;
            if (best)
            {
                (_bestAccuracy, _bestStep) = (evaluation.Accuracy, step);
                _setup.Checkpoints.SaveBest(Progress(step), _setup.Parameters, _setup.Model);
            }

            foreach (ITrainingObserver observer in Observers)
                observer.OnEvaluation(new(step, Epochs(step), evaluation.Accuracy, evaluation.Loss, best));
            _secondsAtReport = Seconds; // evaluation is no training
        }

        private void Save(long step)
        {
            _setup.Checkpoints.Save(Progress(step), _setup.Parameters, _setup.Optimizer, _setup.Model);
            foreach (ITrainingObserver observer in Observers)
                observer.OnCheckpoint(step);
            _secondsAtReport = Seconds;
        }

        private TrainingProgress Progress(long step) => new()
        {
            Step = step,
            Updates = _setup.Optimizer.Updates,
            LossScale = _scale?.Factor ?? 1,
            GoodSteps = _scale?.GoodSteps ?? 0,
            BestAccuracy = _bestAccuracy,
            BestStep = _bestStep,
            Seconds = Seconds,
        };

        private long Restore()
        {
            TrainingProgress progress = _setup.Checkpoints.Restore(_setup.Parameters, _setup.Optimizer, _setup.Model);
            _setup.Optimizer.Updates = progress.Updates;
            if (_scale is not null)
                (_scale.Factor, _scale.GoodSteps) = (progress.LossScale, progress.GoodSteps);
            (_bestAccuracy, _bestStep, _secondsBefore, _evaluated) = (progress.BestAccuracy, progress.BestStep, progress.Seconds, progress.Step);
            return progress.Step;
        }

        private TrainingResult Finish(double? teacherAccuracy)
        {
            double seconds = Seconds;
            if (!IsFirstProcess)
                return Result(seconds, null, null, null);
            if (_evaluated == 0)
                Evaluate(_steps);
            _setup.Checkpoints.RestoreBest(_setup.Parameters, _setup.Model);
            _setup.Model.IsTraining = false;
            _setup.Model.FollowsExecutors = true;
            double? test = _setup.Test is { } data ? Evaluator.Evaluate(_setup.Model, data).Accuracy : null;
            double? teacherTest = _setup is { Test: { } same, Distiller: { } distiller } ? Evaluator.Evaluate(distiller.Teachers[0], same).Accuracy : null;
            OutputFolder.WriteModel(_recipe, _setup.Model);
            TrainingResult result = Result(seconds, test, teacherAccuracy, teacherTest);
            OutputFolder.WriteResult(_recipe, result);
            foreach (ITrainingObserver observer in Observers)
                observer.OnFinish(result);
            return result;
        }

        private TrainingResult Result(double seconds, double? test, double? teacher, double? teacherTest) => new(
            _recipe.Name, _recipe.Seed, _steps, _bestStep, _bestAccuracy, test, teacher, teacherTest, seconds,
            $"{_setup.Model.Device}", _options.Processes.Size, OutputFolder.ModelPath(_recipe));

        private double Epochs(long step) => (double)step / _stepsPerEpoch;
    }
}

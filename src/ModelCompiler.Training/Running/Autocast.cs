using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

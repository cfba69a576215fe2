//! The program: run the command line, and turn its result into an exit code.

fn main() -> std::process::ExitCode {
    iamatrix::cli::main()
}

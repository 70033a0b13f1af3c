//! The program `promloom`. In: the command line. Out: an exit code. Never: more than `promloom::main`.

fn main() -> std::process::ExitCode {
    // Read here, so that another commit compiles nothing but these lines.
    promloom::main(option_env!("PROMLOOM_COMMIT"))
}

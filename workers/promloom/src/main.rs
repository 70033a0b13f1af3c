//! The program `promloom`. In: the command line. Out: an exit code. Never: more than `promloom::main`.

fn main() -> std::process::ExitCode {
    promloom::main()
}

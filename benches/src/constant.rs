//! A server that answers every request with the same few bytes: the upper limit of what the
//! framework, the sockets and the clients can do.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, rt, web};

pub(crate) const COMMAND: &str = "constant";

/// Runs the server on a free port, until its process is killed.
pub(crate) fn run() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    let app = || {
        let answer = || async { HttpResponse::Ok().body("{\"data\":[]}") };
        App::new().default_service(web::to(answer))
    };
    let cores = std::thread::available_parallelism().unwrap().get();
    let server = HttpServer::new(app).workers(cores).listen(listener).unwrap();
    rt::System::new().block_on(server.run()).unwrap();
}

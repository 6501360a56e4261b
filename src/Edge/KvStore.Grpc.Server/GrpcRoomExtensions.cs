using Microsoft.AspNetCore.Builder;

namespace KvStore.Grpc.Server;

/// <summary>Wires the room into a pipeline.</summary>
public static class GrpcRoomExtensions
{
    /// <summary>Answers the table's methods from here on; other requests go to what is added after it.</summary>
    public static IApplicationBuilder UseGrpcRoom(this IApplicationBuilder app, GrpcRoom room) =>
        app.Use(next => context => room.InvokeAsync(context, next));

    /// <inheritdoc cref="UseGrpcRoom(IApplicationBuilder, GrpcRoom)"/>
    public static IApplicationBuilder UseGrpcRoom(this IApplicationBuilder app, GrpcServiceTable table, GrpcRoomOptions options) =>
        app.UseGrpcRoom(new GrpcRoom(table, options));
}
